namespace HealingWorkers.Jobs.Ledger;

/// <summary>A name may have meant several databases over time.</summary>
internal static class TargetNames
{
    /// <summary>Null where no name is given; none where nobody is called so.</summary>
    public static async Task<long[]?> IdsAsync(LedgerDb db, string? name, CancellationToken cancel) =>
        name is null ? null : [.. await db.ListAsync<long>(Sql.Of<AuditLog>("targets_named"), new { Name = name }, cancel).ConfigureAwait(false)];
}
