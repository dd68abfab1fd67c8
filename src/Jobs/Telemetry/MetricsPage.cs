using System.Text;

namespace HealingWorkers.Jobs.Telemetry;

/// <summary>docs/metrics.md, made from the catalogue; a test holds the file to it.</summary>
public static class MetricsPage
{
    public static string Render()
    {
        var page = new StringBuilder("""
            # Metrics

            This page is made from the code (`healing metrics --docs`).

            `/metrics` speaks Prometheus' text format; the same names go out by OTLP when `OTEL_EXPORTER_OTLP_ENDPOINT` is set.
            What comes from the ledger is the same in every process and outlives all of them: sum it over no instances.
            What comes from a process is that process's own since it started. A label is never a relation or an id.

            | Name | Prometheus | Type | Unit | Labels | From | |
            |---|---|---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (var metric in MetricCatalogue.All)
        {
            var source = metric.Source switch { MetricSource.Ledger => "ledger", MetricSource.Process => "process", _ => "later: no samples yet" };
            var labels = string.Join(", ", metric.Labels.Select(l => $"`{l}`"));
            var unit = metric.Unit.Length == 0 ? "" : $"`{metric.Unit}`";
            page.Append($"| `{metric.Name}` | `{metric.PrometheusName}` | {metric.Type.ToString().ToLowerInvariant()} | {unit} | {labels} | {source} | {metric.Description} |\n");
        }
        return page.ToString();
    }
}
