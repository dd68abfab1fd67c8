using System.Globalization;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Worker.Telemetry;

/// <summary>A worker's own metrics on worker.metrics_listen; the further workers of a machine take the ports after it.</summary>
public sealed class WorkerMetrics : IAsyncDisposable
{
    private const string Key = "worker.metrics_listen";
    private readonly RuntimeMetrics _runtime = new();
    private MetricsListener? _listener;

    private WorkerMetrics()
    {
    }

    /// <summary>Null where nothing is to be served.</summary>
    public Uri? Address => _listener?.Address;

    public static async Task<WorkerMetrics> StartAsync(HealingOptions options, TimeProvider clock, ILoggerFactory logs, CancellationToken cancel)
    {
        var metrics = new WorkerMetrics();
        try
        {
            if (options.Worker.MetricsListen.Length > 0)
                metrics._listener = await metrics.ListenAsync(options, clock, logs, cancel);
            return metrics;
        }
        catch
        {
            await metrics.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_listener is not null)
            await _listener.DisposeAsync();
        _runtime.Dispose();
    }

    private async Task<MetricsListener> ListenAsync(HealingOptions options, TimeProvider clock, ILoggerFactory logs, CancellationToken cancel)
    {
        var first = ListenAddress.Parse(options.Worker.MetricsListen, Key);
        var page = new PrometheusPage(_runtime, ledger: null);
        for (var i = 0; ; i++)
        {
            var port = first.Port == 0 ? 0 : first.Port + i;
            try
            {
                return await MetricsListener.StartAsync(new System.Net.IPEndPoint(first.Address, port).ToString(), page, options.Http, clock, logs, cancel);
            }
            catch (HealingException e) when (e.InnerException is IOException && i + 1 < options.Worker.Count && port < ushort.MaxValue)
            {
                logs.CreateLogger<WorkerMetrics>().LogDebug("port {Port} is taken, the next one is tried", port.ToString(CultureInfo.InvariantCulture));
            }
        }
    }
}
