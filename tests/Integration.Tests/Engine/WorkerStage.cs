using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Drill;
using HealingWorkers.Worker.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealingWorkers.Integration.Tests.Engine;

/// <summary>A whole worker in this process, with nothing recurring, so that each test says what runs.</summary>
internal sealed class WorkerStage : IAsyncDisposable
{
    private static int _databases;
    private readonly WorkerHost _host;
    private readonly IReadOnlyList<Target> _targets;

    private WorkerStage(HealingOptions options, string connection, bool heals)
    {
        Db = CalmLedger.At(connection);
        Ledger = new JobLedger(Db);
        Incidents = new IncidentLedger(Db);
        _targets = [.. options.Targets.Select(t => new Target(t, TimeProvider.System))];
        var engine = EngineFactory.Create(new EngineSettings(connection, "stage", 4, TimeProvider.System, NullLoggerFactory.Instance) { Lease = options.Worker.Lease });
        _host = new WorkerHost(new WorkerParts(options, Db, engine, TimeProvider.System, NullLoggerFactory.Instance, "stage")
        {
            Targets = _targets,
            Checks = CheckCatalogue.All,
            Healer = heals ? new HealerFactory(options, Db, new TargetSet(_targets), CheckCatalogue.All, TimeProvider.System, NullLoggerFactory.Instance).Create() : Healer,
            Recurring = [],
        });
    }

    public LedgerDb Db { get; }
    public JobLedger Ledger { get; }
    public IncidentLedger Incidents { get; }
    public RecordingHealer Healer { get; } = new();
    public JobDispatcher Dispatcher => _host.Dispatcher;

    /// <param name="heals">By the product's own healer, and not by one that only notes what it is asked for.</param>
    public static async Task<WorkerStage> StartAsync(HealingOptions options, BackupProvider backups = BackupProvider.None, bool heals = false)
    {
        options.Backups.Provider = backups;
        var database = $"stage{Interlocked.Increment(ref _databases)}";
        await EngineCluster.Cluster.CreateDatabaseAsync(database);
        var connection = EngineCluster.Cluster.ConnectionString(database);
        await new Migrator(connection, TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        var stage = new WorkerStage(options, connection, heals);
        await stage._host.StartAsync(CancellationToken.None);
        return stage;
    }

    public async Task<JobRun> TriggerAsync(string job) =>
        await Dispatcher.TriggerAsync(job, "movies", null, "test", CancellationToken.None) ?? throw new InvalidOperationException($"{job} runs already");

    public async Task<JobRun> RunAsync(string job)
    {
        var run = await TriggerAsync(job);
        JobRun? ended = null;
        await Poll.UntilAsync(async ct => (ended = await Ledger.FindAsync(run.Id, ct)) is { EndedAt: not null }, EngineFleet.Limit, $"the end of {job}");
        return ended!.State == "succeeded" ? ended : throw new InvalidOperationException($"{job} {ended.State}: {ended.Error}");
    }

    /// <summary>Until nothing waits or runs.</summary>
    public Task QuietAsync() => Poll.UntilAsync(
        async ct => await Db.FirstAsync<long>("SELECT count(*) FROM healing.job_runs WHERE state IN ('pending', 'running')", null, ct) == 0, 4 * EngineFleet.Limit, "the end of all runs");

    public Task<IReadOnlyList<JobRun>> HistoryAsync(string job) =>
        Ledger.HistoryAsync(new() { Job = job, Limit = 1000 }, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        foreach (var target in _targets)
        {
            await target.DisposeAsync();
        }
        await Db.DisposeAsync();
    }
}
