using System.Globalization;
using System.Text.Json.Nodes;

namespace HealingWorkers.Jobs.Schedule;

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

/// <summary>What a claim came to. Neither: it is not to be run (now).</summary>
/// <param name="Run">To be run by the claimer.</param>
/// <param name="Poisoned">Ended as failed, since it killed its process too often; somebody has to be told.</param>
public sealed record JobClaim(JobRun? Run, JobRun? Poisoned)
{
    public static readonly JobClaim Nothing = new(null, null);
}

public sealed record RunPulse(long Run, long Token, bool CancelAsked);

public sealed record RecurringPast
{
    public DateTimeOffset? Requested { get; init; }
    public DateTimeOffset? Succeeded { get; init; }
    public DateTimeOffset? Now { get; init; }
}

public sealed record JobRunFilter
{
    public string? Job { get; init; }
    public string? Target { get; init; }
    public string? State { get; init; }
    /// <summary>By its id, whichever process of it.</summary>
    public string? Worker { get; init; }
    public long? Incident { get; init; }
    public DateTimeOffset? Since { get; init; }
    public DateTimeOffset? Until { get; init; }
    /// <summary>False leaves the log out, which may be long.</summary>
    public bool Whole { get; init; } = true;
    public long? Before { get; init; }
    public int Limit { get; init; } = 50;

    /// <summary>As a person would say it, for the audit log.</summary>
    public override string ToString()
    {
        var said = new[] { ("job", Job), ("target", Target), ("state", State), ("worker", Worker), ("incident", Incident?.ToString(CultureInfo.InvariantCulture)), ("since", Since?.ToString("u")), ("until", Until?.ToString("u")) }
            .Where(f => f.Item2 is not null).Select(f => $"{f.Item1} {f.Item2}").ToList();
        return said.Count == 0 ? "all" : string.Join(", ", said);
    }
}
