using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Telemetry;
using Serilog.Events;
using Serilog.Formatting;

namespace HealingWorkers.Worker.Hosting;

/// <summary>A JSON object a line: at, level, message, then what the event carries.</summary>
internal sealed class JsonLines : ITextFormatter
{
    private static readonly JsonSerializerOptions Compact = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public void Format(LogEvent logEvent, TextWriter output)
    {
        var line = new JsonObject
        {
            ["at"] = IsoTime.Text(logEvent.Timestamp),
            ["level"] = logEvent.Level.ToString().ToLowerInvariant(),
            ["message"] = PlainMessage.Of(logEvent),
        };
        foreach (var (name, value) in logEvent.Properties.Where(p => p.Key != "EventId"))
        {
            line.TryAdd(JsonNamingPolicy.SnakeCaseLower.ConvertName(name), Node(value));
        }
        if (logEvent.Exception is { } exception)
        {
            line["exception"] = exception.ToString();
        }
        output.WriteLine(line.ToJsonString(Compact));
    }

    private static JsonNode? Node(LogEventPropertyValue value) => value switch
    {
        ScalarValue { Value: null } => null,
        ScalarValue { Value: string text } => text,
        ScalarValue { Value: bool flag } => flag,
        ScalarValue { Value: int number } => number,
        ScalarValue { Value: long number } => number,
        ScalarValue { Value: double number } => number,
        ScalarValue { Value: IFormattable other } => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(null, CultureInfo.InvariantCulture),
    };
}
