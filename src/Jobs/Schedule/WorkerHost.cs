using HealingWorkers.Jobs.Alerts;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>One worker process: the engine, the runner with its heartbeat, the sweeper and the listener, started and stopped in order.</summary>
public sealed class WorkerHost : IAsyncDisposable
{
    private static readonly TimeSpan InterruptedMayTake = TimeSpan.FromSeconds(10);
    private readonly WorkerParts _parts;
    private readonly WorkerRegistry _registry;
    private readonly WorkerProcess _process;
    private readonly Sweeper _sweeper;
    private readonly ReportKeeper _reports;
    private readonly SampleKeeper? _samples;
    private readonly TimeSpan _every;
    private readonly ILogger<WorkerHost> _logger;
    private readonly CancellationTokenSource _loops = new();
    private readonly CancellationTokenSource _heart = new();
    private readonly List<Task> _tasks = [];
    private readonly BackupHouse _backups;
    private readonly CheckRunner _checks;
    private bool _stopped;

    public WorkerHost(WorkerParts parts)
    {
        _parts = parts;
        _logger = parts.Logs.CreateLogger<WorkerHost>();
        _registry = new WorkerRegistry(parts.Db);
        _backups = new(parts.Options, parts.Db, parts.Clock, parts.Logs, parts.WorkerId);
        _process = new WorkerProcess { Id = parts.WorkerId, Host = Environment.MachineName, Pid = Environment.ProcessId, Version = parts.Version, Engine = parts.Engine.Name };
        Recurring = parts.Recurring ?? RecurringJobs.For(parts.Options);
        var ledger = new JobLedger(parts.Db);
        var incidents = new IncidentLedger(parts.Db);
        Dispatcher = new JobDispatcher(parts.Db, ledger, parts.Engine, parts.Clock, parts.Logs.CreateLogger<JobDispatcher>());
        var repairs = new RepairRequests(parts.Options, incidents, Dispatcher);
        _reports = new ReportKeeper(parts.Options, incidents, new ReportSpool(Path.Combine(parts.Options.StateDirectory, ReportSpool.Folder), parts.Clock), repairs, parts.WorkerId, parts.Logs.CreateLogger<ReportKeeper>());
        _samples = parts.Options is { Samples.Enabled: true, AutoHealing.Enabled: true } ? new SampleKeeper(parts.Options, parts.Db, parts.WorkerId, parts.Clock, parts.Logs.CreateLogger<SampleKeeper>()) : null;
        _checks = new(parts.Options, incidents, new CheckMemory(parts.Db), repairs, _reports, parts.WorkerId, parts.Faults, parts.Logs.CreateLogger<CheckRunner>());
        var lease = parts.Options.Worker.Lease;
        var lanes = LaneWidthOf(parts.Options.AutoHealing.Impact);
        Runner = new JobRunner(ledger, parts.Engine, [.. JobsOf(parts, incidents, repairs, _checks, Dispatcher, _backups), .. parts.Jobs], new RunnerSettings(parts.WorkerId, lease) { LaneWidth = lanes },
            new PoisonedRuns(incidents, new AlertQueue(new AlertOutbox(parts.Db), parts.Options, parts.Clock)), parts.Clock, parts.Logs.CreateLogger<JobRunner>(), parts.Faults);
        var every = _every = TimeSpan.FromSeconds(Math.Clamp(lease.TotalSeconds / 6, 0.5, 5));
        _sweeper = new Sweeper(
            new SweeperParts(_process, ledger, _registry, parts.Engine, repairs, new MissedTimes(Recurring, ledger, Dispatcher), new Drains(parts.Db))
            {
                Every = every,
                LaneWidth = lanes,
                Again = every * 2,
                Tidy = TidyAsync,
            }, parts.Clock, parts.Logs.CreateLogger<Sweeper>());
    }

    public JobDispatcher Dispatcher { get; }

    public JobRunner Runner { get; }

    public IReadOnlyList<RecurringJob> Recurring { get; }

    public async Task StartAsync(CancellationToken cancel)
    {
        await _registry.ClaimEngineAsync(_parts.Engine.Name, cancel).ConfigureAwait(false);
        await _registry.RegisterAsync(_process, cancel).ConfigureAwait(false);
        await _reports.KnowLedgerAsync(cancel).ConfigureAwait(false);
        await _parts.Engine.StartAsync(Runner, cancel).ConfigureAwait(false);
        await _parts.Engine.ReplaceRecurringAsync(Recurring, cancel).ConfigureAwait(false);
        var listener = new RequestListener(_parts.Db.ConnectionString, RequestListener.Requests, _ => _sweeper.Ask(), _parts.Clock, _logger);
        _tasks.Add(Task.Run(() => Runner.BeatAsync(_heart.Token), CancellationToken.None));
        _tasks.Add(Task.Run(() => _sweeper.RunAsync(_loops.Token), CancellationToken.None));
        _tasks.Add(Task.Run(() => listener.RunAsync(_loops.Token), CancellationToken.None));
        foreach (var loop in Loops())
        {
            _tasks.Add(Task.Run(() => loop.RunAsync(_loops.Token), CancellationToken.None));
        }
        if (_parts.SendAlerts is { } send)
        {
            _tasks.Add(Task.Run(() => send(_loops.Token), CancellationToken.None));
        }
        _logger.LogInformation("Worker {Worker} works with {Engine}, {Recurring} recurring jobs, {Targets} targets", _parts.WorkerId, _parts.Engine.Name, Recurring.Count, _parts.Targets.Count);
    }

    /// <summary>Takes nothing new, lets what runs finish within the drain time, then interrupts it: it goes on elsewhere.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        if (_stopped)
        {
            return;
        }
        _stopped = true;
        Runner.Leave();
        await _loops.CancelAsync().ConfigureAwait(false);
        using var drained = new CancellationTokenSource(_parts.Options.Worker.Drain, _parts.Clock);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel, drained.Token);
        await using (end.Token.UnsafeRegister(static runner => ((JobRunner)runner!).Interrupt(), Runner).ConfigureAwait(false))
        {
            using var last = new CancellationTokenSource(_parts.Options.Worker.Drain + InterruptedMayTake, _parts.Clock);
            await QuietlyAsync("stop of the engine", () => _parts.Engine.StopAsync(last.Token)).ConfigureAwait(false);
        }
        await _heart.CancelAsync().ConfigureAwait(false);
        await QuietlyAsync("end of the loops", () => Task.WhenAll(_tasks)).ConfigureAwait(false);
        if (_samples is not null)
        {
            await _samples.DisposeAsync().ConfigureAwait(false);
        }
        await QuietlyAsync("goodbye to the ledger", () => _registry.StoppedAsync(_parts.WorkerId, cancel)).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None).ConfigureAwait(false);
        await _parts.Engine.DisposeAsync().ConfigureAwait(false);
        _sweeper.Dispose();
        _loops.Dispose();
        _heart.Dispose();
    }

    private IEnumerable<KeepOn> Loops()
    {
        yield return new KeepOn("Reports that wait on disk cannot be taken in", _every, _reports.ReplayAsync, _parts.Clock, _logger);
        if (_samples is { } samples)
            yield return new KeepOn("Samples of the databases cannot be kept", _every, samples.KeepAsync, _parts.Clock, _logger);
        var protections = new Protections(_parts.Options, new TargetSet(_parts.Targets), _parts.Db, _parts.WorkerId, _parts.Clock, _parts.Logs.CreateLogger<Protections>());
        yield return new KeepOn("It cannot be seen whose writes are to be stopped", _every, protections.KeepAsync, _parts.Clock, _logger);
        var wal = new WalWatch(_parts.Options, _backups, new LeaseLedger(_parts.Db), new IncidentLedger(_parts.Db), _checks, _parts.Clock, _parts.WorkerId);
        yield return new KeepOn("Slots that nobody wants any more cannot be dropped", _every, cancel => wal.SweepAsync(_parts.Targets, cancel), _parts.Clock, _logger);
        foreach (var target in _parts.Targets.Where(t => WalWatch.Wants(_parts.Options, t.Options)))
        {
            yield return new KeepOn($"The WAL of {target.Name} is not received", _every, cancel => wal.OnceAsync(target, cancel), _parts.Clock, _logger);
        }
    }

    private static IEnumerable<IJob> JobsOf(WorkerParts parts, IncidentLedger incidents, RepairRequests repairs, CheckRunner runner, JobDispatcher dispatcher, BackupHouse backups)
    {
        var targets = new TargetSet(parts.Targets);
        var memory = new CheckMemory(parts.Db);
        var lateness = new BackupLateness(parts.Options, backups.Ledger, runner, parts.Clock);
        yield return new HealthCheckJob(targets, parts.Checks, runner, new Reachability(parts.Clock), new CriticalIndexes(parts.Options, memory), incidents, parts.Db, new Histograms(parts.Db), lateness, parts.Clock);
        yield return new IndexCheckJob(targets, dispatcher, parts.WorkerId, LaneWidthOf(parts.Options.AutoHealing.Impact));
        yield return new IndexCheckTableJob(targets, parts.Checks, runner, incidents);
        yield return new IndexCheckDatabaseJob(targets, parts.Checks, runner, incidents, parts.WorkerId);
        yield return new IndexCheckWindowJob(targets, parts.Checks, runner, incidents, memory);
        yield return new OrphanCleanupJob(targets, parts.Checks, runner, incidents);
        yield return new BackupJob(targets, parts.Options, backups, lateness, incidents, parts.Clock);
        yield return new RestoreTestJob(targets, new RestoreTests(parts.Options, parts.Db, targets, parts.Checks, parts.Clock, parts.WorkerId));
        if (parts.Healer is { } healer)
        {
            yield return new RepairJob(healer, incidents, repairs, parts.WorkerId);
        }
        if (parts.Undo is { } undo)
        {
            yield return new UndoJob(undo, incidents, parts.WorkerId);
        }
    }

    /// <summary>How many tables of one target are checked at once.</summary>
    private static int LaneWidthOf(Impact impact) => impact switch
    {
        Impact.Low => 1,
        Impact.Normal => 2,
        _ => 0,
    };

    private async Task TidyAsync(CancellationToken cancel)
    {
        var retention = _parts.Options.Retention;
        var gone = await new Retention(_parts.Db).RunAsync(retention.JobHistory, retention.Metrics, cancel).ConfigureAwait(false);
        if (gone > 0)
        {
            _logger.LogInformation("{Rows} old rows left the ledger", gone);
        }
        if (_backups.Any)
        {
            await _backups.Pruner().RunAsync(cancel).ConfigureAwait(false);
        }
        if (_parts.Tidy is { } tidy)
        {
            await tidy(cancel).ConfigureAwait(false);
        }
    }

    private async Task QuietlyAsync(string what, Func<Task> work)
    {
        try
        {
            await work().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // loops end so
        }
        catch (Exception e)
        {
            _logger.LogWarning("{What}: {Reason}", what, Redactor.Text(e.Message));
        }
    }
}
