using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Asks for runs: written to the ledger, delivered by the engine, the fleet woken. Where there is no engine (a command), the workers are told to deliver.</summary>
public sealed class JobDispatcher(LedgerDb db, JobLedger ledger, IJobEngine? engine, TimeProvider clock, ILogger<JobDispatcher> logger)
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>Null when the same key is pending or running already.</summary>
    /// <param name="asked">What the audit log says of it, in the same transaction; nothing where nothing was asked for.</param>
    public async Task<JobRun?> RequestAsync(JobRequest request, CancellationToken cancel, Func<JobRun, AuditEntry>? asked = null)
    {
        var traced = request with { TraceParent = request.TraceParent ?? TraceParent.Current() };
        var run = asked is null ? await ledger.RequestAsync(traced, cancel).ConfigureAwait(false) : await db.InTransactionAsync(async (connection, transaction) =>
        {
            var written = await ledger.RequestAsync(traced, cancel, transaction).ConfigureAwait(false);
            if (written is not null)
            {
                await AuditLog.WriteAsync(connection, transaction, asked(written), cancel).ConfigureAwait(false);
            }
            return written;
        }, cancel).ConfigureAwait(false);
        if (run is not null)
        {
            await DeliverAsync(run, request.Delay, cancel).ConfigureAwait(false);
        }
        return run;
    }

    /// <summary>Only written down, for whoever ends a run of the same lane. Null when the same key is pending or running already.</summary>
    public Task<JobRun?> QueueAsync(JobRequest request, CancellationToken cancel) =>
        ledger.RequestAsync(request with { TraceParent = request.TraceParent ?? TraceParent.Current() }, cancel);

    /// <summary>Has every worker look at the ledger now.</summary>
    public Task WakeAsync(CancellationToken cancel) => db.DoAsync(Sql.Of<JobDispatcher>("request_notify"), null, cancel);

    /// <summary>Hands a run that is written down to the engine.</summary>
    public async Task DeliverAsync(JobRun run, TimeSpan delay, CancellationToken cancel)
    {
        try
        {
            if (engine is null)
            {
                await WakeAsync(cancel).ConfigureAwait(false);
                return;
            }
            await engine.DeliverAsync(run.Id, run.Key, clock.GetUtcNow() + delay, cancel).ConfigureAwait(false);
            if (delay <= Soon)
            {
                await engine.WakeAsync(cancel).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            logger.LogInformation("Job {Key} was written down but not handed over; the sweeper will: {Reason}", run.Key, Options.Redactor.Text(e.Message));
        }
    }

    /// <summary>A recurring job, now. Null when it runs or waits already.</summary>
    /// <param name="table">Only this one, for the index check: its name as the target knows it.</param>
    public Task<JobRun?> TriggerAsync(string job, string target, string? table, string actor, CancellationToken cancel)
    {
        if (!JobNames.Recurring.Contains(job, StringComparer.Ordinal))
        {
            throw new HealingException($"there is no job {job}", "jobs are " + string.Join(", ", JobNames.Recurring));
        }
        if (table is not null && job != JobNames.IndexCheck)
        {
            throw new HealingException($"{job} cannot be narrowed to a table", $"leave --table out, or trigger {JobNames.IndexCheck}");
        }
        var id = JobNames.RecurringId(job, target);
        return RequestAsync(table is null
            ? new JobRequest(id, job, target, [], actor) { RecurringId = id }
            : new JobRequest($"{JobNames.IndexCheckTable}:{target}:{table}", JobNames.IndexCheckTable, target, new JsonObject { ["table"] = table }, actor), cancel);
    }

    /// <summary>What waits ends at once, what runs is asked to stop. False when there is neither.</summary>
    public async Task<bool> CancelAsync(string key, string actor, CancellationToken cancel)
    {
        var run = await ledger.ActiveAsync(key, cancel).ConfigureAwait(false);
        if (!await ledger.CancelAsync(key, actor, cancel).ConfigureAwait(false))
        {
            return false;
        }
        if (run is { State: "pending" } && engine is not null)
        {
            await engine.WithdrawAsync(run.Id, key, cancel).ConfigureAwait(false);
        }
        return true;
    }
}
