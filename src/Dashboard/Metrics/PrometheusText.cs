using System.Globalization;
using System.Text;
using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Dashboard.Metrics;

/// <summary>Prometheus' text exposition format, version 0.0.4.</summary>
public static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Render(IEnumerable<MetricFamily> families)
    {
        var text = new StringBuilder();
        foreach (var (metric, samples) in families)
        {
            var name = metric.PrometheusName;
            text.Append("# HELP ").Append(name).Append(' ').Append(Escape(metric.Description, quotes: false)).Append('\n');
            text.Append("# TYPE ").Append(name).Append(' ').Append(Type(metric.Type)).Append('\n');
            foreach (var sample in samples)
                Append(text, name, sample);
        }
        return text.ToString();
    }

    public static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static void Append(StringBuilder text, string name, Sample sample)
    {
        text.Append(name).Append(sample.Suffix);
        for (var i = 0; i < sample.Labels.Count; i++)
        {
            var (label, value) = sample.Labels[i];
            text.Append(i == 0 ? '{' : ',').Append(label).Append("=\"").Append(Escape(value, quotes: true)).Append('"');
        }
        text.Append(sample.Labels.Count > 0 ? "} " : " ").Append(Number(sample.Value)).Append('\n');
    }

    private static string Type(MetricType type) => type switch
    {
        MetricType.Counter => "counter",
        MetricType.Gauge => "gauge",
        _ => "histogram",
    };

    private static string Escape(string text, bool quotes)
    {
        var escaped = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
        return quotes ? escaped.Replace("\"", "\\\"", StringComparison.Ordinal) : escaped;
    }
}
