using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>Numbers of the whole fleet, from the ledger: any process gives the same answer, and a restart loses none.</summary>
public sealed class IncidentStatistics(LedgerDb db)
{
    /// <summary>Open incidents by target, kind, severity and state.</summary>
    public Task<IReadOnlyList<IncidentCount>> OpenAsync(CancellationToken cancel) => CountsAsync("count_open", cancel);

    /// <summary>All incidents ever opened, by target, kind and severity: only ever rises.</summary>
    public Task<IReadOnlyList<IncidentCount>> OpenedAsync(CancellationToken cancel) => CountsAsync("count_opened", cancel);

    /// <summary>How incidents ended within the last 30 days, by target: what the success rate is made of.</summary>
    public Task<IReadOnlyList<OutcomeCount>> OutcomesAsync(CancellationToken cancel) =>
        db.ListAsync<OutcomeCount>(Sql.Of<IncidentStatistics>("count_outcomes"), null, cancel);

    /// <summary>All attempts ever, by target and outcome (in_hand for those that have none yet); deferred ones are none.</summary>
    public Task<IReadOnlyList<AttemptCount>> AttemptsAsync(CancellationToken cancel) =>
        db.ListAsync<AttemptCount>(Sql.Of<IncidentStatistics>("count_attempts"), null, cancel);

    /// <summary>The last run of each check of each target.</summary>
    public Task<IReadOnlyList<CheckRunRow>> CheckRunsAsync(CancellationToken cancel) =>
        db.ListAsync<CheckRunRow>(Sql.Of<IncidentStatistics>("check_runs"), null, cancel);

    private Task<IReadOnlyList<IncidentCount>> CountsAsync(string query, CancellationToken cancel) =>
        db.ListAsync<IncidentCount>(Sql.Of<IncidentStatistics>(query), null, cancel);
}

public sealed record IncidentCount
{
    public required string Target { get; init; }
    public required string Kind { get; init; }
    public required string Severity { get; init; }
    /// <summary>Null where states are counted together.</summary>
    public string? State { get; init; }
    public required long Count { get; init; }
}

public sealed record OutcomeCount
{
    public required string Target { get; init; }
    public required long Resolved { get; init; }
    public required long Escalated { get; init; }
    /// <summary>Null when nothing ended: no rate is not a rate of nought.</summary>
    public double? SuccessRate => Resolved + Escalated == 0 ? null : (double)Resolved / (Resolved + Escalated);
}

public sealed record AttemptCount
{
    public required string Target { get; init; }
    public required string Outcome { get; init; }
    public required long Count { get; init; }
}

public sealed record CheckRunRow
{
    public required string Target { get; init; }
    public required string Check { get; init; }
    /// <summary>The scope; empty for the whole target.</summary>
    public required string Object { get; init; }
    public required string Status { get; init; }
    public string? Reason { get; init; }
    public required double Seconds { get; init; }
    public required DateTimeOffset At { get; init; }
    public DateTimeOffset? LastSuccessAt { get; init; }
}
