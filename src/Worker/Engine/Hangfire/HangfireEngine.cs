using System.Globalization;
using Hangfire;
using Hangfire.Common;
using Hangfire.PostgreSql;
using Hangfire.States;
using Hangfire.Storage;
using HealingWorkers.Jobs.Schedule;
using RecurringJob = HealingWorkers.Jobs.Schedule.RecurringJob;

namespace HealingWorkers.Worker.Engine.Hangfire;

/// <summary>Hangfire on PostgreSQL. It wakes the other processes itself, by LISTEN/NOTIFY; polling each second is the backstop.</summary>
public sealed class HangfireEngine(EngineSettings settings) : IJobEngine
{
    /// <summary>The idempotency key of the run, as its dashboard shows it.</summary>
    public const string KeyParameter = "IdempotencyKey";

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(1);
    private readonly HangfirePort _port = new();
    private readonly SemaphoreSlim _opening = new(1, 1);
    private PostgreSqlStorage? _storage;
    private readonly List<BackgroundJobServer> _resting = [];
    private BackgroundJobServer? _server;

    public string Name => "hangfire";

    /// <summary>For the dashboard of the engine.</summary>
    public async Task<JobStorage> StorageAsync(CancellationToken cancel) => await OpenAsync(cancel).ConfigureAwait(false);

    public async Task StartAsync(JobRunner runner, CancellationToken cancel)
    {
        _port.Runner = runner;
        var storage = await OpenAsync(cancel).ConfigureAwait(false);
        _server = new BackgroundJobServer(HangfireSetup.Server(settings, _port), storage);
    }

    public async Task StopAsync(CancellationToken cancel)
    {
        BackgroundJobServer[] servers = _server is { } server ? [.. _resting, server] : [.. _resting];
        foreach (var one in servers)
        {
            one.SendStop();
        }
        await Task.WhenAll(servers.Select(s => s.WaitForShutdownAsync(cancel))).ConfigureAwait(false);
    }

    /// <summary>A server that was told to stop finishes what it runs; going on takes a new one beside it.</summary>
    public async Task RestAsync(bool resting, CancellationToken cancel)
    {
        if (resting && _server is { } server)
        {
            _server = null;
            _resting.Add(server);
            server.SendStop();
        }
        else if (!resting && _server is null)
        {
            _server = new BackgroundJobServer(HangfireSetup.Server(settings, _port), await OpenAsync(cancel).ConfigureAwait(false));
        }
    }

    public async Task DeliverAsync(long run, string key, DateTimeOffset due, CancellationToken cancel)
    {
        var storage = await OpenAsync(cancel).ConfigureAwait(false);
        await Task.Run(() => Deliver(storage, run, key, due), cancel).ConfigureAwait(false);
    }

    public async Task WithdrawAsync(long run, string key, CancellationToken cancel)
    {
        var storage = await OpenAsync(cancel).ConfigureAwait(false);
        await Task.Run(() =>
        {
            using var connection = storage.GetConnection();
            var client = new BackgroundJobClient(storage);
            foreach (var job in (connection.GetAllEntriesFromHash(Deliveries(run)) ?? []).Values)
            {
                client.ChangeState(job, new DeletedState { Reason = "withdrawn" }, ScheduledState.StateName);
                client.ChangeState(job, new DeletedState { Reason = "withdrawn" }, EnqueuedState.StateName);
            }
        }, cancel).ConfigureAwait(false);
    }

    public async Task ReplaceRecurringAsync(IReadOnlyList<RecurringJob> jobs, CancellationToken cancel)
    {
        var storage = await OpenAsync(cancel).ConfigureAwait(false);
        await Task.Run(() => ReplaceRecurring(storage, jobs), cancel).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<RecurringState>> RecurringAsync(CancellationToken cancel)
    {
        var storage = await OpenAsync(cancel).ConfigureAwait(false);
        return await Task.Run(() =>
        {
            using var connection = storage.GetConnection();
            return (IReadOnlyList<RecurringState>)[.. connection.GetRecurringJobs().Select(j => new RecurringState(j.Id, Utc(j.NextExecution), Utc(j.LastExecution)))];
        }, cancel).ConfigureAwait(false);
    }

    /// <summary>Whatever is put into a queue is announced by the storage itself.</summary>
    public Task WakeAsync(CancellationToken cancel) => Task.CompletedTask;

    public ValueTask DisposeAsync()
    {
        _server?.Dispose();
        foreach (var server in _resting)
        {
            server.Dispose();
        }
        _opening.Dispose();
        return ValueTask.CompletedTask;
    }

    private static void ReplaceRecurring(PostgreSqlStorage storage, IReadOnlyList<RecurringJob> jobs)
    {
        var manager = new RecurringJobManager(storage);
        foreach (var job in jobs)
        {
            // What is missed is made up for by the ledger, once in the fleet.
            manager.AddOrUpdate(job.Id,
                Job.FromExpression<HangfireDelivery>(d => d.RecurringAsync(job.Id, job.Job, job.Target, job.Cron, job.TimeZone, null!, CancellationToken.None)),
                job.Cron,
                new RecurringJobOptions { TimeZone = job.Line.Zone, MisfireHandling = MisfireHandlingMode.Ignorable });
        }
        using var connection = storage.GetConnection();
        foreach (var gone in connection.GetRecurringJobs().Where(known => !jobs.Any(j => string.Equals(j.Id, known.Id, StringComparison.Ordinal))))
        {
            manager.RemoveIfExists(gone.Id);
        }
    }

    private static DateTimeOffset? Utc(DateTime? time) => time is { } at ? new DateTimeOffset(DateTime.SpecifyKind(at, DateTimeKind.Utc)) : null;

    private static string Deliveries(long run) => string.Create(CultureInfo.InvariantCulture, $"healing:run:{run}");

    private void Deliver(PostgreSqlStorage storage, long run, string key, DateTimeOffset due)
    {
        using var connection = storage.GetConnection();
        var time = due.UtcTicks.ToString(CultureInfo.InvariantCulture);
        // Two at one moment may both see nothing and deliver twice, which is allowed.
        if (connection.GetAllEntriesFromHash(Deliveries(run))?.ContainsKey(time) == true)
        {
            return;
        }
        IState state = due - settings.Clock.GetUtcNow() <= Soon ? new EnqueuedState(HangfireSetup.Queue) : new ScheduledState(due.UtcDateTime);
        var client = new BackgroundJobClient(storage);
        var job = client.Create(Job.FromExpression<HangfireDelivery>(d => d.RunAsync(run, CancellationToken.None)), state,
            new Dictionary<string, object> { [KeyParameter] = key });
        using var write = connection.CreateWriteTransaction();
        write.SetRangeInHash(Deliveries(run), [new(time, job)]);
        ((JobStorageTransaction)write).ExpireHash(Deliveries(run), Remembered);
        write.Commit();
    }

    private async Task<PostgreSqlStorage> OpenAsync(CancellationToken cancel)
    {
        if (_storage is { } open)
        {
            return open;
        }
        await _opening.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            return _storage ??= await HangfireSetup.StorageAsync(settings, cancel).ConfigureAwait(false);
        }
        finally
        {
            _opening.Release();
        }
    }
}
