using Dapper;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Dashboard.Fleet;

/// <summary>What repairs took to quarantine: which incidents by the ledger, which rows by the target itself.</summary>
public sealed class QuarantineBook(DashboardParts parts)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The newest incident first, from below <paramref name="before"/> on.</summary>
    public async Task<IReadOnlyList<QuarantinedIncident>> ListAsync(string? target, long? before, int limit, CancellationToken cancel) =>
        [.. await parts.Ledger.ReadAsync(c => c.QueryAsync<QuarantinedIncident>(new CommandDefinition(Sql.Of<QuarantineBook>("quarantined"), new { Target = target, Before = before, Limit = limit }, cancellationToken: cancel)), cancel)];

    /// <summary>Asks the target; throws in a person's words where it does not answer.</summary>
    public async Task<IReadOnlyList<KeptRow>> RowsAsync(Incident incident, KeptPlace? after, int most, CancellationToken cancel)
    {
        var ledger = await new QuarantineLedger(parts.Ledger).IdAsync(cancel);
        return await TargetTalk.AskAsync(incident.TargetName, Patience, async limit =>
        {
            await using var connection = await parts.Targets.Named(incident.TargetName).OpenRepairAsync(limit);
            return await RowsInQuarantine.OfAsync(connection, ledger, incident.Id, after, most, limit, incident.OpenedAt);
        }, cancel);
    }
}

/// <summary>An incident whose repair took rows.</summary>
public sealed record QuarantinedIncident
{
    public required long Incident { get; init; }
    public required string Target { get; init; }
    public required string Kind { get; init; }
    /// <summary>The table, or what of it was wrong.</summary>
    public required string Object { get; init; }
    public required string Repair { get; init; }
    public required long Rows { get; init; }
    /// <summary>How many of them came back.</summary>
    public required long Back { get; init; }
    public required DateTimeOffset At { get; init; }
    /// <summary>Resolved, Escalated or Closed: what lies there can be brought back. Undone: they are back, and the repair can be done again.</summary>
    public required string State { get; init; }
}
