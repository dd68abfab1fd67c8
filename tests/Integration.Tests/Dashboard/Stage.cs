using System.Net.Http.Json;
using System.Text.Json.Nodes;
using HealingWorkers.Dashboard;
using HealingWorkers.Dashboard.Api;
using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealingWorkers.Integration.Tests.Dashboard;

/// <summary>A dashboard over a ledger of its own, and a client of it.</summary>
internal sealed class Stage : IAsyncDisposable
{
    private readonly RuntimeMetrics _runtime = new();
    private readonly LedgerMetrics _ledger;
    private readonly DashboardHost _host;
    private readonly HealingOptions _options;

    private Stage(HealingOptions options, LedgerDb db)
    {
        (_options, Db) = (options, db);
        _ledger = new LedgerMetrics(db, TimeProvider.System, NullLogger<LedgerMetrics>.Instance) { Recurring = RecurringJobs.For(options), WaitedFor = Poll.AtLeast, Patience = Poll.AtLeast };
        var jobs = new JobLedger(db);
        var dispatcher = new JobDispatcher(db, jobs, engine: null, TimeProvider.System, NullLogger<JobDispatcher>.Instance);
        var desk = new LedgerJobDesk(options, jobs, dispatcher, new RepairRequests(options, new IncidentLedger(db), dispatcher), engine: null, TimeProvider.System);
        _host = DashboardHost.Build(new DashboardParts(options, db, desk, new PrometheusPage(_runtime, _ledger), TimeProvider.System, NullLoggerFactory.Instance)
        {
            Targets = new TargetSet([.. options.Targets.Select(t => new Target(t, TimeProvider.System))]),
            // a machine that stands still is no outage; where there is one, the server refuses
            Outage = new(Silent: Poll.AtLeast, Away: Poll.AtLeast, Patience: Poll.AtLeast, AllTogether: Poll.AtLeast * 2),
            Config = [new("targets[0].connection", "Host=127.0.0.1;Password=***", "healing.yaml:3")],
        });
    }

    public LedgerDb Db { get; }

    public HttpClient Http { get; private set; } = new();

    public HealingOptions Options => _options;

    public DashboardHost Host => _host;

    public static async Task<Stage> OpenAsync(string? ledger = null, Action<HealingOptions>? change = null)
    {
        var options = new HealingOptions { Http = { Listen = "127.0.0.1:0" }, Control = { Connection = ledger ?? await DashCluster.LedgerAsync() }, Backups = { Provider = BackupProvider.None } };
        change?.Invoke(options);
        var stage = new Stage(options, CalmLedger.At(options.Control.Connection));
        stage.Http = new HttpClient { BaseAddress = await stage._host.StartAsync(CancellationToken.None) };
        return stage;
    }

    public async Task<(int Status, JsonNode Body)> GetAsync(string path) => await ReadAsync(await Http.GetAsync(path));

    public async Task<(int Status, JsonNode Body)> PostAsync(string path, object body) => await ReadAsync(await Http.PostAsJsonAsync(path, body));

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _host.DisposeAsync();
        _ledger.Dispose();
        _runtime.Dispose();
        await Db.DisposeAsync();
    }

    public static async Task<(int Status, JsonNode Body)> ReadAsync(HttpResponseMessage answer) =>
        ((int)answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!);
}
