using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Which targets have their writes stopped, and by whom.</summary>
public sealed class ProtectionLedger(LedgerDb db)
{
    private static readonly string[] Damage = [.. FindingKind.All.Where(k => !k.IsOfSurroundings).Select(k => k.Name)];

    public Task<IReadOnlyList<ProtectionRow>> ListAsync(CancellationToken cancel) =>
        db.ListAsync<ProtectionRow>(Sql.Of<ProtectionLedger>("protections"), null, cancel);

    /// <param name="wanted">Targets that are to be protected while something critical is open.</param>
    /// <param name="ours">All that we can reach.</param>
    internal Task<IReadOnlyList<ProtectionDue>> DueAsync(IReadOnlyList<string> wanted, IReadOnlyList<string> ours, long? only, CancellationToken cancel) =>
        db.ListAsync<ProtectionDue>(Sql.Of<ProtectionLedger>("protection_due"), new { Wanted = wanted.ToArray(), Ours = ours.ToArray(), Kinds = Damage, Only = only }, cancel);

    /// <summary>The names of targets whose writes were ever stopped.</summary>
    internal Task<IReadOnlyList<string>> EverAsync(CancellationToken cancel) => db.ListAsync<string>(Sql.Of<ProtectionLedger>("protections_ever"), null, cancel);

    /// <summary>The token that stands in a target as far as the ledger knows; null: nothing of ours is to stand there.</summary>
    internal Task<string?> TokenAsync(TargetId id, CancellationToken cancel) =>
        db.FirstAsync<string>(Sql.Of<ProtectionLedger>("protection_token"), new { id.SystemIdentifier, id.DatabaseOid }, cancel);

    /// <summary>What was taken back in a target whose row may not be of it.</summary>
    internal Task LeftoverAsync(TargetId id, AuditEntry entry, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        var target = await connection.FirstAsync<long?>(Sql.Of<ProtectionLedger>("protection_target"), new { id.SystemIdentifier, id.DatabaseOid }, cancel, transaction).ConfigureAwait(false);
        await AuditLog.WriteAsync(connection, transaction, entry with { TargetId = target }, cancel).ConfigureAwait(false);
        return true;
    }, cancel);

    internal Task BeginAsync(ProtectionDue due, string token, string? before, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<ProtectionLedger>("protection_begin"), new { Target = due.Id, Token = token, Before = before, due.Incident }, cancel);

    internal Task StandsAsync(ProtectionDue due, string state, string token, bool? marked, AuditEntry entry, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        await connection.DoAsync(Sql.Of<ProtectionLedger>("protection_state"), new { Target = due.Id, State = state, Token = token, Marked = marked, due.Incident }, cancel, transaction).ConfigureAwait(false);
        await AuditLog.WriteAsync(connection, transaction, entry with { TargetId = due.Id, IncidentId = due.Incident }, cancel).ConfigureAwait(false);
        return true;
    }, cancel);

    /// <summary>True where it is news.</summary>
    internal Task<bool> ProblemAsync(ProtectionDue due, string problem, string actor, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        var news = await connection.DoAsync(Sql.Of<ProtectionLedger>("protection_problem"), new { Target = due.Id, due.Incident, Problem = problem }, cancel, transaction).ConfigureAwait(false) == 1;
        if (news)
            await AuditLog.WriteAsync(connection, transaction, new AuditEntry("protect.failed", "critical", problem, actor) { TargetId = due.Id, IncidentId = due.Incident }, cancel).ConfigureAwait(false);
        return news;
    }, cancel);
}

public sealed record ProtectionRow
{
    public required long TargetId { get; init; }
    /// <summary>setting | set | found | lifted | left.</summary>
    public required string State { get; init; }
    public long? IncidentId { get; init; }
    public required DateTimeOffset Since { get; init; }
    public DateTimeOffset? EndedAt { get; init; }
    public string? Problem { get; init; }
}

internal sealed record ProtectionDue
{
    public required long Id { get; init; }
    public required string Name { get; init; }
    public required string SystemIdentifier { get; init; }
    public required long DatabaseOid { get; init; }
    /// <summary>Why writes are to be stopped; null: they are not to be any more.</summary>
    public long? Incident { get; init; }
    public string? State { get; init; }
    public string? Token { get; init; }
    public bool? Marked { get; init; }
    public string? Before { get; init; }
    /// <summary>Another database has its name now.</summary>
    public bool Stale { get; init; }
    public string? Problem { get; init; }
}
