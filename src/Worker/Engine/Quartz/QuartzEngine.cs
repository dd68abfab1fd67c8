using System.Globalization;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;
using Npgsql;
using Quartz;
using Quartz.Extensibility;

namespace HealingWorkers.Worker.Engine.Quartz;

/// <summary>Quartz, clustered on PostgreSQL. It wakes the other processes by NOTIFY; looking each second is the backstop.</summary>
public sealed class QuartzEngine(EngineSettings settings) : IJobEngine
{
    private const string Runs = "runs";
    private const string Recurring = "recurring";
    private static readonly JobKey RunJob = new("run", Runs);

    private readonly SemaphoreSlim _opening = new(1, 1);
    private readonly QuartzPort _port = new();
    private readonly CancellationTokenSource _listening = new();
    private ServiceProvider? _services;
    private IScheduler? _scheduler;
    private NpgsqlDataSource? _source;
    private Task _listener = Task.CompletedTask;

    public string Name => "quartz";

    public async Task StartAsync(JobRunner runner, CancellationToken cancel)
    {
        _port.Runner = runner;
        var scheduler = await OpenAsync(cancel).ConfigureAwait(false);
        var signaler = _services!.GetKeyedService<ISchedulerSignaler>(scheduler.SchedulerName) ?? _services!.GetRequiredService<ISchedulerSignaler>();
        await scheduler.Start(cancel).ConfigureAwait(false);
        var listener = new RequestListener(settings.Connection, "healing_quartz", notice => _ = SignalAsync(signaler), settings.Clock, settings.Logs.CreateLogger<QuartzEngine>());
        _listener = Task.Run(() => listener.RunAsync(_listening.Token), CancellationToken.None);
    }

    public async Task StopAsync(CancellationToken cancel)
    {
        await _listening.CancelAsync().ConfigureAwait(false);
        await _listener.ConfigureAwait(false);
        if (_scheduler is { } scheduler)
        {
            _scheduler = null;
            await scheduler.Shutdown(waitForJobsToComplete: true, cancel).AsTask().WaitAsync(cancel).ConfigureAwait(false);
        }
    }

    public async Task RestAsync(bool resting, CancellationToken cancel)
    {
        var scheduler = await OpenAsync(cancel).ConfigureAwait(false);
        if (resting)
        {
            await scheduler.Standby(cancel).ConfigureAwait(false);
        }
        else
        {
            await scheduler.Start(cancel).ConfigureAwait(false);
        }
    }

    public async Task DeliverAsync(long run, string key, DateTimeOffset due, CancellationToken cancel)
    {
        var scheduler = await OpenAsync(cancel).ConfigureAwait(false);
        var trigger = TriggerBuilder.Create(settings.Clock)
            .WithIdentity(due.UtcTicks.ToString(CultureInfo.InvariantCulture), Group(run))
            .WithDescription(key)
            .ForJob(RunJob)
            .UsingJobData(QuartzDelivery.RunKey, run.ToString(CultureInfo.InvariantCulture))
            .StartAt(due)
            .Build();
        await scheduler.ScheduleTrigger(trigger, TriggerConflict.Keep, cancel).ConfigureAwait(false);
    }

    public async Task WithdrawAsync(long run, string key, CancellationToken cancel)
    {
        var scheduler = await OpenAsync(cancel).ConfigureAwait(false);
        await scheduler.UnscheduleJobs(GroupMatcher<TriggerKey>.GroupEquals(Group(run)), cancel).ConfigureAwait(false);
    }

    public async Task ReplaceRecurringAsync(IReadOnlyList<RecurringJob> jobs, CancellationToken cancel)
    {
        var scheduler = await OpenAsync(cancel).ConfigureAwait(false);
        foreach (var job in jobs)
        {
            // One that is as it should be is left: replacing it would forget a time that is just due.
            if (await scheduler.GetTrigger(new TriggerKey(job.Id, Recurring), cancel).ConfigureAwait(false) is { } known && QuartzCron.Says(known, job))
            {
                continue;
            }
            await scheduler.ScheduleTrigger(QuartzCron.Trigger(job, Recurring, settings.Clock), TriggerConflict.Replace, cancel).ConfigureAwait(false);
        }
        var wanted = jobs.Select(j => j.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var gone in (await RecurringTriggersAsync(scheduler, cancel).ConfigureAwait(false)).Where(t => !wanted.Contains(t.Key.Name)))
        {
            await scheduler.UnscheduleJob(gone.Key, cancel).ConfigureAwait(false);
        }
        foreach (var gone in await scheduler.ResetTriggersFromErrorState(GroupMatcher<TriggerKey>.GroupEquals(Recurring), cancel).ConfigureAwait(false))
        {
            settings.Logs.CreateLogger<QuartzEngine>().LogInformation("The schedule {Id} had failed and was set going again", gone.Name);
        }
    }

    public async Task<IReadOnlyList<RecurringState>> RecurringAsync(CancellationToken cancel)
    {
        var scheduler = await OpenAsync(cancel).ConfigureAwait(false);
        return [.. (await RecurringTriggersAsync(scheduler, cancel).ConfigureAwait(false)).Select(t => new RecurringState(t.Key.Name, t.NextFireTimeUtc, t.PreviousFireTimeUtc))];
    }

    public async Task WakeAsync(CancellationToken cancel)
    {
        await OpenAsync(cancel).ConfigureAwait(false);
        await using var command = _source!.CreateCommand(Sql.Of<QuartzEngine>("wake"));
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await _listening.CancelAsync().ConfigureAwait(false);
        await _listener.ConfigureAwait(false);
        if (_services is not null)
        {
            await _services.DisposeAsync().ConfigureAwait(false);
        }
        if (_source is not null)
        {
            await _source.DisposeAsync().ConfigureAwait(false);
        }
        _listening.Dispose();
        _opening.Dispose();
    }

    private static string Group(long run) => string.Create(CultureInfo.InvariantCulture, $"run-{run}");

    private static async Task<IReadOnlyList<TriggerHeader>> RecurringTriggersAsync(IScheduler scheduler, CancellationToken cancel) =>
        (await scheduler.QueryTriggers(new TriggerQuery { Group = GroupMatcher<TriggerKey>.GroupEquals(Recurring) }, cancel).ConfigureAwait(false)).Items;

    private async Task SignalAsync(ISchedulerSignaler signaler)
    {
        try
        {
            await signaler.SignalSchedulingChange(null).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            settings.Logs.CreateLogger<QuartzEngine>().LogDebug("The scheduler was not woken: {Reason}", e.Message);
        }
    }

    private async Task<IScheduler> OpenAsync(CancellationToken cancel)
    {
        if (_scheduler is { } open)
        {
            return open;
        }
        await _opening.WaitAsync(cancel).ConfigureAwait(false);
        try
        {
            if (_scheduler is null)
            {
                _source ??= NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(settings.Connection) { MaxPoolSize = 2, ApplicationName = "healing engine" });
                await using (var schema = _source.CreateCommand(Sql.Of<QuartzEngine>("schema")))
                {
                    await schema.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
                }
                _services ??= QuartzServices.Build(settings, _port);
                var scheduler = await _services.GetRequiredService<ISchedulerFactory>().GetScheduler(cancel).ConfigureAwait(false);
                await scheduler.AddJob(JobBuilder.Create<QuartzDelivery>().WithIdentity(RunJob).StoreDurably().RequestRecovery().Build(), AddJobOptions.Replacing, cancel).ConfigureAwait(false);
                await scheduler.AddJob(JobBuilder.Create<QuartzRecurring>().WithIdentity(QuartzCron.Job).StoreDurably().Build(), AddJobOptions.Replacing, cancel).ConfigureAwait(false);
                _scheduler = scheduler;
            }
            return _scheduler;
        }
        finally
        {
            _opening.Release();
        }
    }
}
