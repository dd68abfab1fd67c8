using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Runs of jobs in the ledger: the queue that decides, and the history. Keys are unique while pending or running.</summary>
public sealed class JobLedger(LedgerDb db)
{
    /// <summary>Asks for a run. Null when the same key is pending or running already. Joins a caller's transaction when given one.</summary>
    public Task<JobRun?> RequestAsync(JobRequest request, CancellationToken cancel, NpgsqlTransaction? within = null) => throw new NotSupportedException(db.ConnectionString);

    /// <summary>Claims a due run, or one whose holder has fallen silent; null when it is not to be run (now). Counts the execution.</summary>
    public Task<JobRun?> ClaimAsync(long run, string worker, TimeSpan lease, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>Renews all runs of a worker, says which of them were asked to be cancelled or have been taken over.</summary>
    public Task<IReadOnlyList<RunPulse>> HeartbeatAsync(string worker, TimeSpan lease, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>False when the token is stale (somebody else has it now).</summary>
    public Task<bool> EndAsync(long run, long token, string state, string? note, string? error, string? log, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>Back to pending under the same key, due later; not an execution that counts.</summary>
    public Task<bool> DeferAsync(long run, long token, TimeSpan delay, string why, CancellationToken cancel) => throw new NotSupportedException();

    public Task<bool> CancelAsync(string key, string actor, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>Pending runs past their time and running ones whose lease ran out: to be delivered (again).</summary>
    public Task<IReadOnlyList<JobRun>> StrandedAsync(TimeSpan grace, int most, CancellationToken cancel) => throw new NotSupportedException();

    public Task<IReadOnlyList<JobRun>> HistoryAsync(JobRunFilter filter, CancellationToken cancel) => throw new NotSupportedException();

    public Task<JobRun?> FindAsync(long run, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>When the job last succeeded for the target; null if never.</summary>
    public Task<DateTimeOffset?> LastSuccessAsync(string recurringId, CancellationToken cancel) => throw new NotSupportedException();
}

public sealed record JobRequest(string Key, string Job, string? Target, JsonObject Arguments, string RequestedBy)
{
    public TimeSpan Delay { get; init; }
    public string? RecurringId { get; init; }
    public DateTimeOffset? Slot { get; init; }
    public string? TraceParent { get; init; }
}

public sealed record JobRun
{
    public required long Id { get; init; }
    public required string Key { get; init; }
    public required string Job { get; init; }
    public string? Target { get; init; }
    public required string Arguments { get; init; }
    public required string State { get; init; }
    public required string RequestedBy { get; init; }
    public string? RecurringId { get; init; }
    public DateTimeOffset? Slot { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset DueAt { get; init; }
    public DateTimeOffset? StartedAt { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public string? Worker { get; init; }
    public required int Executions { get; init; }
    public required int Deferrals { get; init; }
    public required long Token { get; init; }
    public string? Note { get; init; }
    public string? Error { get; init; }
    public string? Log { get; init; }
    public string? TraceParent { get; init; }
}

public sealed record RunPulse(long Run, long Token, bool CancelAsked);

public sealed record JobRunFilter
{
    public string? Job { get; init; }
    public string? Target { get; init; }
    public string? State { get; init; }
    public long? Before { get; init; }
    public int Limit { get; init; } = 50;
}
