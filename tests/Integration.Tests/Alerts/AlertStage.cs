using HealingWorkers.Integration.Tests.Dashboard;
using HealingWorkers.Integration.Tests.Ledger;
using HealingWorkers.Jobs.Alerts;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealingWorkers.Integration.Tests.Alerts;

/// <summary>A ledger with incidents in it, and a worker's delivery of alerts.</summary>
internal sealed class AlertStage : IAsyncDisposable
{
    private readonly HttpClient _http = AlertSinks.Client();
    private readonly KeptLogs _logs = new();

    private AlertStage(FreshLedger ledger, HealingOptions options)
    {
        (Ledger, Options) = (ledger, options);
        Story = new Story(ledger.Db);
        Delivery = Worker("worker");
    }

    /// <summary>What the sinks logged.</summary>
    public IEnumerable<string> Logged => _logs.Lines;
    /// <summary>By which a worker's healer tells of its own.</summary>
    public AlertQueue Queue => new(new AlertOutbox(Ledger.Db), Options, TimeProvider.System);
    public FreshLedger Ledger { get; }
    public HealingOptions Options { get; }
    public Story Story { get; }
    public AlertDelivery Delivery { get; }

    public static async Task<AlertStage> OpenAsync(Action<AlertOptions> change)
    {
        var options = new HealingOptions();
        change(options.Alerts);
        return new AlertStage(await FreshLedger.CreateAsync(), options);
    }

    public AlertDelivery Worker(string name) =>
        new(Options, Ledger.Db, AlertSinks.Of(Options.Alerts, _http, TimeProvider.System, _logs), name, TimeProvider.System, NullLogger<AlertDelivery>.Instance);

    public Task<int> DeliverAsync() => Delivery.RunAsync(CancellationToken.None);

    /// <summary>As if the pause after a failure were over.</summary>
    public async Task<int> DeliverLaterAsync()
    {
        await Ledger.ExecuteAsync("UPDATE healing.alert_sinks SET retry_at = NULL; UPDATE healing.alerts SET due_at = clock_timestamp() WHERE delivered_at IS NULL");
        return await DeliverAsync();
    }

    public Task<long> WaitingAsync(string sink) =>
        Ledger.ScalarAsync<long>($"SELECT count(*) FROM healing.alerts WHERE sink = '{sink}' AND delivered_at IS NULL AND gave_up_at IS NULL");

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Ledger.DisposeAsync();
    }
}
