using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>What people do with runs, one or all that match; each names its actor and its reason, and is audited in its transaction.</summary>
public sealed class JobOrders(JobLedger ledger, JobDispatcher dispatcher)
{
    /// <summary>So many at once; more have to be narrowed down.</summary>
    public const int Most = 10_000;

    /// <summary>How many runs match of those that a verb can be done with; one more than may be done at once where there are more.</summary>
    public Task<int> CountAsync(JobVerb verb, JobRunFilter filter, CancellationToken cancel) =>
        ledger.Db.FirstAsync<int>(Sql.Of<JobOrders>("job_count"), Matching(verb, filter), cancel);

    /// <summary>The run as it is by now; of a retry the new one.</summary>
    public async Task<JobRun> DoAsync(JobVerb verb, long run, string actor, string why, CancellationToken cancel)
    {
        var found = await ledger.FindAsync(run, cancel).ConfigureAwait(false)
            ?? throw new HealingException($"there is no run {run}", "the history may have been tidied up; the list of jobs shows what is there");
        if (!verb.States().Contains(found.State, StringComparer.Ordinal))
            throw new HealingException($"run {run} is {found.State} and cannot be {verb.Past()}",
                verb == JobVerb.Cancel ? "it has ended; nothing is left to stop" : "cancel it first, or wait for its end");
        var done = await ledger.Db.InTransactionAsync((connection, transaction) => ApplyAsync(connection, transaction, verb, [run], $"run {run} ({found.Key})", actor, why, cancel), cancel).ConfigureAwait(false);
        await WakeAsync(verb, done, cancel).ConfigureAwait(false);
        return done.Count > 0 ? done[0] : throw Refusal(verb, found);
    }

    /// <summary>All that match, if they are as many as the caller counted; else nothing is done.</summary>
    public async Task<JobsDone> DoAllAsync(JobVerb verb, JobRunFilter filter, int counted, string actor, string why, CancellationToken cancel)
    {
        var found = 0;
        var done = await ledger.Db.InTransactionAsync(async (connection, transaction) =>
        {
            var runs = await connection.ListAsync<long>(Sql.Of<JobOrders>("job_matching"), Matching(verb, filter), cancel, transaction).ConfigureAwait(false);
            found = runs.Count;
            if (found > Most)
                throw new HealingException($"more than {Most} runs match", "narrow the filter down, and do it in several steps");
            return found != counted ? throw new CountChangedException(counted, found)
                : found == 0 ? [] : await ApplyAsync(connection, transaction, verb, [.. runs], $"{found} runs ({filter})", actor, why, cancel).ConfigureAwait(false);
        }, cancel).ConfigureAwait(false);
        await WakeAsync(verb, done, cancel).ConfigureAwait(false);
        return new(done.Count, found - done.Count);
    }

    private static async Task<IReadOnlyList<JobRun>> ApplyAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, JobVerb verb, long[] runs, string what, string actor, string why, CancellationToken cancel)
    {
        var query = verb switch { JobVerb.Retry => "job_retry", JobVerb.Cancel => "job_cancel_these", _ => "job_delete" };
        var done = await connection.ListAsync<JobRun>(Sql.Of<JobOrders>(query), new { Runs = runs, Actor = actor }, cancel, transaction).ConfigureAwait(false);
        if (done.Count > 0)
            await AuditLog.WriteAsync(connection, transaction, new AuditEntry($"job.{verb.Past()}", "info", $"{what} {verb.Past()}: {why}", actor)
            {
                Metadata = new System.Text.Json.Nodes.JsonObject { ["done"] = done.Count, ["asked"] = runs.Length }.ToJsonString(),
            }, cancel).ConfigureAwait(false);
        return done;
    }

    private async Task WakeAsync(JobVerb verb, IReadOnlyList<JobRun> done, CancellationToken cancel)
    {
        if (verb == JobVerb.Retry && done.Count > 0)
            await dispatcher.DeliverAsync(done[0], TimeSpan.Zero, cancel).ConfigureAwait(false);
    }

    private static object Matching(JobVerb verb, JobRunFilter filter) => new
    {
        filter.Job, filter.Target, filter.State, filter.Worker, filter.Incident, filter.Since, filter.Until, States = verb.States().ToArray(), Most = Most + 1,
    };

    private static HealingException Refusal(JobVerb verb, JobRun run) => verb switch
    {
        JobVerb.Retry => new($"{run.Key} waits or runs already", "wait for its end, or cancel it"),
        JobVerb.Delete => new($"run {run.Id} is the newest or the last success of {run.RecurringId}, and decides when that is due", "it goes by itself when its time is over"),
        _ => new($"run {run.Id} ended meanwhile", "nothing is left to stop"),
    };
}

/// <param name="Left">Matched, but could not be: the same waits already, or a schedule depends on it.</param>
public sealed record JobsDone(int Done, int Left);
