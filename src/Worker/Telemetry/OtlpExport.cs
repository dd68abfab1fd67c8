using HealingWorkers.Jobs.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace HealingWorkers.Worker.Telemetry;

/// <summary>Sends metrics and traces by OTLP, where OTEL_EXPORTER_OTLP_ENDPOINT says to; the other OTEL_ variables are the exporter's own.</summary>
public sealed class OtlpExport : IDisposable
{
    public const string Variable = "OTEL_EXPORTER_OTLP_ENDPOINT";
    private const int FlushMilliseconds = 3000;
    private readonly TracerProvider _traces;
    private readonly MeterProvider _metrics;

    private OtlpExport(TracerProvider traces, MeterProvider metrics) => (_traces, _metrics) = (traces, metrics);

    /// <summary>Null where nobody asked for it.</summary>
    public static OtlpExport? Start(IReadOnlyDictionary<string, string> environment)
    {
        if (!environment.TryGetValue(Variable, out var endpoint) || string.IsNullOrWhiteSpace(endpoint))
            return null;
        var resource = ResourceBuilder.CreateDefault()
            .AddService("healing", serviceVersion: typeof(OtlpExport).Assembly.GetName().Version?.ToString(3), serviceInstanceId: $"{System.Environment.MachineName}:{System.Environment.ProcessId}")
            .AddEnvironmentVariableDetector();
        var traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Signals.Name).AddOtlpExporter().Build();
        var metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Signals.Name);
        foreach (var histogram in MetricCatalogue.All.Where(m => m.Bounds.Count > 0))
            metrics.AddView(histogram.Name, new ExplicitBucketHistogramConfiguration { Boundaries = [.. histogram.Bounds] });
        return new OtlpExport(traces, metrics.AddOtlpExporter().Build());
    }

    /// <summary>Sends what is left, for a few seconds at most: a collector that is away must not hold up an end.</summary>
    public void Dispose()
    {
        _traces.Shutdown(FlushMilliseconds);
        _metrics.Shutdown(FlushMilliseconds);
        _traces.Dispose();
        _metrics.Dispose();
    }
}
