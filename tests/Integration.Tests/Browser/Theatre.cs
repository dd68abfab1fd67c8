using HealingWorkers.Dashboard;
using HealingWorkers.Dashboard.Api;
using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Worker.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealingWorkers.Integration.Tests.Browser;

/// <summary>A whole installation in this process: a movies database on a server of its own, a ledger, a worker that really heals, and the dashboard.</summary>
internal sealed class Theatre : IAsyncDisposable
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("healing-pages-");
    private readonly RuntimeMetrics _runtime = new();
    private readonly LedgerMetrics _metrics;
    private readonly Target _target;
    private readonly WorkerHost _worker;
    private readonly DashboardHost _dashboard;

    private Theatre(PgCluster cluster)
    {
        Cluster = cluster;
        Options = new HealingOptions
        {
            StateDirectory = _state.FullName,
            Worker = new() { Lease = TimeSpan.FromMinutes(3) },
            Http = { Listen = "127.0.0.1:0" },
            Control = { Connection = cluster.ConnectionString("ledger") },
            Targets = [new TargetOptions { Name = "movies", Connection = cluster.ConnectionString("movies") }],
            Backups = { Provider = BackupProvider.None },
            Snapshots = { BaseBackup = BaseBackupRule.Never },
        };
        Db = CalmLedger.At(Options.Control.Connection);
        _target = new Target(Options.Targets[0], TimeProvider.System);
        var targets = new TargetSet([_target]);
        var healers = new HealerFactory(Options, Db, targets, CheckCatalogue.All, TimeProvider.System, NullLoggerFactory.Instance);
        var engine = EngineFactory.Create(new EngineSettings(Options.Control.Connection, "theatre", 4, TimeProvider.System, NullLoggerFactory.Instance) { Lease = Options.Worker.Lease });
        _worker = new WorkerHost(new WorkerParts(Options, Db, engine, TimeProvider.System, NullLoggerFactory.Instance, "theatre")
        {
            Targets = [_target],
            Checks = CheckCatalogue.All,
            Healer = healers.Create(),
            Undo = healers.Undo(),
            Recurring = [],
        });
        _metrics = new LedgerMetrics(Db, TimeProvider.System, NullLogger<LedgerMetrics>.Instance);
        var jobs = new JobLedger(Db);
        var dispatcher = new JobDispatcher(Db, jobs, engine: null, TimeProvider.System, NullLogger<JobDispatcher>.Instance);
        var desk = new LedgerJobDesk(Options, jobs, dispatcher, new RepairRequests(Options, Incidents, dispatcher), engine: null, TimeProvider.System);
        _dashboard = DashboardHost.Build(new DashboardParts(Options, Db, desk, new PrometheusPage(_runtime, _metrics), TimeProvider.System, NullLoggerFactory.Instance) { Targets = targets });
    }

    public PgCluster Cluster { get; }
    public HealingOptions Options { get; }
    public LedgerDb Db { get; }
    public IncidentLedger Incidents => new(Db);
    public Damage Damage => new(Cluster, "movies");
    public Uri Address { get; private set; } = new("http://127.0.0.1");

    public static async Task<Theatre> OpenAsync(int movies = 400)
    {
        var cluster = await PgCluster.StartNewAsync();
        await MoviesSchema.CreateAsync(cluster, "movies", movies);
        await cluster.ExecuteAsync("movies", "CREATE EXTENSION amcheck");
        await cluster.CreateDatabaseAsync("ledger");
        await new Migrator(cluster.ConnectionString("ledger"), TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        var theatre = new Theatre(cluster);
        await theatre._worker.StartAsync(CancellationToken.None);
        theatre.Address = await theatre._dashboard.StartAsync(CancellationToken.None);
        return theatre;
    }

    /// <summary>Has the worker look, at all tables or at one.</summary>
    public Task LookAsync(string job, string? table = null) => _worker.Dispatcher.TriggerAsync(job, "movies", table, "test", CancellationToken.None);

    /// <summary>Waits for an incident of that kind to come so far.</summary>
    public Task UntilAsync(string kind, IncidentState state) => Poll.UntilAsync(
        async ct => (await Incidents.ListAsync(new IncidentFilter { Kind = kind, State = state }, ct)).Count > 0, TimeSpan.FromMinutes(5), $"{kind} to be {state}");

    /// <summary>A line for each run: how it ended, and what it said last.</summary>
    public async Task<string> RunsAsync() => string.Join('\n', (await new JobLedger(Db).HistoryAsync(new() { Limit = 20 }, CancellationToken.None))
        .Select(r => $"run {r.Id} {r.Key} {r.State} deferrals={r.Deferrals} executions={r.Executions} due={r.DueAt:u} {r.Note} {r.Error}"));

    public async ValueTask DisposeAsync()
    {
        await _dashboard.DisposeAsync();
        await _worker.DisposeAsync();
        await _target.DisposeAsync();
        _metrics.Dispose();
        _runtime.Dispose();
        await Db.DisposeAsync();
        await Cluster.DisposeAsync();
        _state.Delete(recursive: true);
    }
}
