using HealingWorkers.Dashboard;
using HealingWorkers.Dashboard.Api;
using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Worker.Engine;
using HealingWorkers.Worker.Hosting;

namespace HealingWorkers.Worker.Supervisor;

/// <summary>The API of this process.</summary>
internal sealed class ApiHost : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private readonly RuntimeMetrics _runtime = new();
    private readonly LedgerMetrics _ledger;
    private readonly LedgerInstruments _instruments;
    private readonly DashboardHost _dashboard;

    private ApiHost(HealingHost host, IEnginePages? engine)
    {
        var db = host.Get<Jobs.Ledger.LedgerDb>();
        var clock = host.Get<TimeProvider>();
        _ledger = new LedgerMetrics(db, clock, host.Get<ILogger<LedgerMetrics>>()) { Recurring = RecurringJobs.For(host.Options) };
        _instruments = new LedgerInstruments(_ledger);
        var jobs = host.Get<JobLedger>();
        var dispatcher = new JobDispatcher(db, jobs, engine: null, clock, host.Get<ILogger<JobDispatcher>>());
        var desk = new LedgerJobDesk(host.Options, jobs, dispatcher, new RepairRequests(host.Options, host.Get<IncidentLedger>(), dispatcher), engine: null, clock);
        var metrics = new PrometheusPage(_runtime, _ledger);
        _dashboard = DashboardHost.Build(new DashboardParts(host.Options, db, desk, engine?.Beside(metrics) ?? metrics, clock, host.Get<ILoggerFactory>())
        {
            Targets = new Jobs.Healing.TargetSet(host.Get<IReadOnlyList<Jobs.Targets.Target>>()),
            Config = host.Config,
            AddMore = services => engine?.Add(services),
            MapMore = routes => engine?.Map(routes),
        });
    }

    public string Address { get; private set; } = "";

    public static async Task<ApiHost> StartAsync(HealingHost host, CancellationToken cancel)
    {
        var engine = await EngineFactory.PagesAsync(
            new EngineSettings(host.Get<Jobs.Ledger.LedgerDb>().ConnectionString, host.WorkerId, 1, host.Get<TimeProvider>(), host.Get<ILoggerFactory>()), host.Get<Jobs.Ledger.LedgerDb>(), cancel).ConfigureAwait(false);
        var api = new ApiHost(host, engine);
        try
        {
            api.Address = (await api._dashboard.StartAsync(cancel)).GetLeftPart(UriPartial.Authority);
            return api;
        }
        catch
        {
            await api.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var patience = new CancellationTokenSource(Patience);
        await _dashboard.StopAsync(patience.Token);
        await _dashboard.DisposeAsync();
        _instruments.Dispose();
        _ledger.Dispose();
        _runtime.Dispose();
    }
}
