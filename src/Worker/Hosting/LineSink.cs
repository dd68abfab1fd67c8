using HealingWorkers.Jobs.Options;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting;

namespace HealingWorkers.Worker.Hosting;

/// <summary>Writes each event as one write, with whatever looks like a password masked.</summary>
internal sealed class LineSink(TextWriter writer, ITextFormatter formatter) : ILogEventSink
{
    private readonly Lock _one = new();

    public void Emit(LogEvent logEvent)
    {
        using var line = new StringWriter(System.Globalization.CultureInfo.InvariantCulture);
        formatter.Format(logEvent, line);
        lock (_one)
        {
            writer.Write(Redactor.Text(line.ToString()));
            writer.Flush();
        }
    }
}
