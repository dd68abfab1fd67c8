using System.Globalization;
using Serilog.Events;
using Serilog.Formatting;

namespace HealingWorkers.Worker.Hosting;

/// <summary>A line for a person: time, level, who, what.</summary>
internal sealed class TextLines : ITextFormatter
{
    public void Format(LogEvent logEvent, TextWriter output)
    {
        var level = logEvent.Level switch
        {
            LogEventLevel.Verbose or LogEventLevel.Debug => "debug",
            LogEventLevel.Information => "info ",
            LogEventLevel.Warning => "warn ",
            _ => "error",
        };
        var worker = logEvent.Properties.TryGetValue("worker", out var who) && who is ScalarValue { Value: string name } ? name.Split(':')[^1] : "";
        output.Write(string.Create(CultureInfo.InvariantCulture, $"{logEvent.Timestamp:HH:mm:ss.fff} {level} {worker,7} "));
        output.WriteLine(PlainMessage.Of(logEvent));
        if (logEvent.Exception is { } exception)
        {
            output.WriteLine(exception.ToString());
        }
    }
}
