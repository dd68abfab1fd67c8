using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Runs of jobs in the ledger: the queue that decides, and the history. Keys are unique while pending or running.</summary>
public sealed class JobLedger(LedgerDb db)
{
    internal LedgerDb Db => db;

    /// <summary>A run that was begun this often and never ended kills its process.</summary>
    public const int MostExecutions = 3;

    private static readonly string[] Lanes = [.. JobNames.InLanes];

    /// <summary>Asks for a run. Null when the same key is pending or running already, or its slot was taken. Joins a caller's transaction when given one.</summary>
    public Task<JobRun?> RequestAsync(JobRequest request, CancellationToken cancel, NpgsqlTransaction? within = null)
    {
        var args = new
        {
            request.Key, request.Job, request.Target, Arguments = request.Arguments.ToJsonString(), request.RequestedBy,
            request.Delay, request.RecurringId, request.Slot, request.TraceParent,
        };
        return within is { Connection: { } connection }
            ? connection.FirstAsync<JobRun>(Sql.Of<JobLedger>("job_request"), args, cancel, within)
            : OneAsync("job_request", args, cancel);
    }

    /// <summary>
    /// Claims a due run, or one whose holder has fallen silent. Counts the execution; one that was begun three times without an end is not
    /// run again but ended as failed, and one that was to be cancelled when its process died is cancelled.
    /// </summary>
    /// <param name="worker">Its id, and after a slash what tells its processes apart; one that is drained claims nothing.</param>
    /// <param name="laneWidth">So many of a job in lanes may run on one target; 0 is any number.</param>
    public Task<JobClaim> ClaimAsync(long run, string worker, TimeSpan lease, CancellationToken cancel, int laneWidth = 0) => db.InTransactionAsync(async (connection, transaction) =>
    {
        if (laneWidth > 0)
            await connection.DoAsync(Sql.Of<JobLedger>("job_lane_lock"), new { Run = run, Lanes }, cancel, transaction).ConfigureAwait(false);
        if (await connection.FirstAsync<Claimable>(Sql.Of<JobLedger>("job_claimable"), new { Run = run, Lanes, Width = laneWidth, Worker = worker.Split('/')[0] }, cancel, transaction).ConfigureAwait(false) is not { } claimable)
            return JobClaim.Nothing;
        if (claimable.CancelAsked)
        {
            await connection.DoAsync(Sql.Of<JobLedger>("job_end_unclaimed"), new { Run = run, State = "cancelled", Error = (string?)null }, cancel, transaction).ConfigureAwait(false);
            return JobClaim.Nothing;
        }
        if (claimable.Executions >= MostExecutions)
            return new JobClaim(null, await PoisonedAsync(connection, transaction, run, worker, cancel).ConfigureAwait(false));
        return new JobClaim(await connection.FirstAsync<JobRun>(Sql.Of<JobLedger>("job_claim"), new { Run = run, Worker = worker, Lease = lease }, cancel, transaction).ConfigureAwait(false), null);
    }, cancel);

    /// <summary>The next run of the same job on the same target that waits; null where there is none.</summary>
    public Task<long?> NextInLaneAsync(JobRun ended, CancellationToken cancel) =>
        db.FirstAsync<long?>(Sql.Of<JobLedger>("job_lane_next"), new { ended.Job, ended.Target }, cancel);

    /// <summary>Renews all runs of a worker, says which of them were asked to be cancelled; one that has been taken over is no longer listed, or with another token.</summary>
    public Task<IReadOnlyList<RunPulse>> HeartbeatAsync(string worker, TimeSpan lease, CancellationToken cancel) => db.InTransactionAsync((connection, transaction) =>
        connection.ListAsync<RunPulse>(Sql.Of<JobLedger>("job_heartbeat"), new { Worker = worker, Lease = lease }, cancel, transaction), cancel);

    /// <param name="state">succeeded | failed | cancelled.</param>
    /// <returns>False when the token is stale (somebody else has it now).</returns>
    public async Task<bool> EndAsync(long run, long token, string state, string? note, string? error, string? log, CancellationToken cancel) =>
        await db.DoAsync(Sql.Of<JobLedger>("job_end"), new
        {
            Run = run, Token = token, State = state, Note = Text.Bounded(note, 2000), Error = Text.Bounded(error, 8000), Log = Text.Tail(log, 64_000),
        }, cancel).ConfigureAwait(false) == 1;

    /// <summary>Back to pending under the same key, due later; not an execution that counts. Cancelled instead where that was asked meanwhile.</summary>
    public async Task<bool> DeferAsync(long run, long token, TimeSpan delay, string why, CancellationToken cancel) =>
        await db.DoAsync(Sql.Of<JobLedger>("job_defer"), new { Run = run, Token = token, Delay = delay, Why = Text.Bounded(why, 2000) }, cancel).ConfigureAwait(false) == 1;

    /// <summary>A pending run ends at once; a running one is asked to. False when there is neither.</summary>
    public Task<bool> CancelAsync(string key, string actor, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        if (await connection.FirstAsync<JobRun>(Sql.Of<JobLedger>("job_cancel"), new { Key = key }, cancel, transaction).ConfigureAwait(false) is not { } run)
            return false;
        var what = string.Equals(run.State, "cancelled", StringComparison.Ordinal) ? "cancelled before it began" : "asked to stop";
        await AuditLog.WriteAsync(connection, transaction, new AuditEntry("job.cancelled", "info", $"job {key} (run {run.Id}) {what}", actor), cancel).ConfigureAwait(false);
        return true;
    }, cancel);

    /// <summary>Pending runs past their time and running ones whose lease ran out: to be delivered (again).</summary>
    /// <summary>Of a lane in which somebody is at work none: whoever ends that takes up the next.</summary>
    public Task<IReadOnlyList<JobRun>> StrandedAsync(TimeSpan grace, int most, CancellationToken cancel, int laneWidth = 0) =>
        db.ListAsync<JobRun>(Sql.Of<JobLedger>("job_stranded"), new { Grace = grace, Most = most, Lanes, Width = laneWidth }, cancel);

    public Task<IReadOnlyList<JobRun>> HistoryAsync(JobRunFilter filter, CancellationToken cancel) =>
        db.ListAsync<JobRun>(Sql.Of<JobLedger>("job_history"), filter, cancel);

    public Task<JobRun?> FindAsync(long run, CancellationToken cancel) =>
        db.FirstAsync<JobRun>(Sql.Of<JobLedger>("job_find"), new { Run = run }, cancel);

    /// <summary>The run of a key that is pending or running.</summary>
    public Task<JobRun?> ActiveAsync(string key, CancellationToken cancel) =>
        db.FirstAsync<JobRun>(Sql.Of<JobLedger>("job_active"), new { Key = key }, cancel);

    /// <summary>When the recurring job was last asked for and when it last succeeded, with the ledger's present time.</summary>
    public async Task<RecurringPast> PastAsync(string recurringId, CancellationToken cancel) =>
        await db.FirstAsync<RecurringPast>(Sql.Of<JobLedger>("job_past"), new { RecurringId = recurringId }, cancel).ConfigureAwait(false) ?? throw new InvalidOperationException("no row");

    /// <summary>When the recurring job last succeeded; null if never.</summary>
    public Task<DateTimeOffset?> LastSuccessAsync(string recurringId, CancellationToken cancel) =>
        db.FirstAsync<DateTimeOffset?>(Sql.Of<JobLedger>("job_last_success"), new { RecurringId = recurringId }, cancel);

    private static async Task<JobRun?> PoisonedAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long run, string worker, CancellationToken cancel)
    {
        var error = $"killed its process {MostExecutions} times";
        var poisoned = await connection.FirstAsync<JobRun>(Sql.Of<JobLedger>("job_end_unclaimed"), new { Run = run, State = "failed", Error = error }, cancel, transaction).ConfigureAwait(false);
        await AuditLog.WriteAsync(connection, transaction, new AuditEntry("job.poisoned", "critical", $"job {poisoned!.Key} (run {run}) {error} and is not run again", worker), cancel).ConfigureAwait(false);
        return poisoned;
    }

    private Task<JobRun?> OneAsync(string query, object args, CancellationToken cancel) => db.InTransactionAsync((connection, transaction) =>
        connection.FirstAsync<JobRun>(Sql.Of<JobLedger>(query), args, cancel, transaction), cancel);

    private sealed record Claimable
    {
        public int Executions { get; init; }
        public bool CancelAsked { get; init; }
    }
}
