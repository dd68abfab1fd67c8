using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A collation, or the database's default, and what hangs on its order.</summary>
/// <param name="Refresh">The statement that records the present version, quoted by the server.</param>
public sealed record CollationLook(long Oid, string Refresh, string? Recorded, string? Present, bool IsDefault)
{
    /// <summary>Whether there are two versions, and they differ.</summary>
    public bool WantsRefresh => Recorded is not null && Present is not null && Recorded != Present;

    public static async Task<CollationLook?> AtAsync(RepairSession session, RelationName name, CancellationToken cancel)
    {
        var own = await session.Connection.QuerySingleOrDefaultAsync<CollationLook>(new CommandDefinition(
            Sql.Of<IndexLook>("collation_look"), new { quoted = name.Quoted }, cancellationToken: cancel)).ConfigureAwait(false);
        return own is not null ? own
            : session.Facts.Major >= 15 ? await session.Connection.QuerySingleOrDefaultAsync<CollationLook>(new CommandDefinition(
                Sql.Of<IndexLook>("database_collation_look"), cancellationToken: cancel)).ConfigureAwait(false)
            : new CollationLook(100, "", null, null, IsDefault: true);
    }

    public async Task<IReadOnlyList<IndexLook>> IndexesAsync(RepairSession session, CancellationToken cancel)
    {
        var names = await session.Connection.QueryAsync<(long Oid, string Quoted)>(new CommandDefinition(
            Sql.Of<IndexLook>("collation_indexes").Replace("{hidden}", Sql.Of<ICheck>("hidden_collations"), StringComparison.Ordinal), new { collation = Oid }, cancellationToken: cancel)).ConfigureAwait(false);
        var indexes = new List<IndexLook>();
        foreach (var (oid, quoted) in names)
        {
            if (await IndexLook.AtAsync(session.Connection, new(oid, quoted), cancel).ConfigureAwait(false) is { } index)
            {
                indexes.Add(index);
            }
        }
        return indexes;
    }

    /// <summary>The first promise that rows no longer keep under the present order, or that cannot be asked; null when all are kept.</summary>
    public async Task<string?> BrokenPromiseAsync(RepairSession session, CancellationToken cancel)
    {
        var promises = await session.Connection.QueryAsync<(string Table, string Promise, string Expression, string? Foreign)>(new CommandDefinition(
            Sql.Of<IndexLook>("collation_promises"), new { collation = Oid }, cancellationToken: cancel)).ConfigureAwait(false);
        foreach (var (table, promise, expression, foreign) in promises)
        {
            if (foreign is not null)
            {
                return $"whether rows of {table} keep {promise} under the present order cannot be asked by this role: it calls {foreign}, which is no superuser's; validate it by hand, rebuild the indexes, and refresh the version";
            }
            await using var transaction = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            await session.Connection.ExecuteAsync(new CommandDefinition(Sql.Of<IndexLook>("without_indexes"), transaction: transaction, cancellationToken: cancel)).ConfigureAwait(false);
            if (await session.Connection.ExecuteScalarAsync<bool>(new CommandDefinition(
                $"SELECT EXISTS (SELECT FROM ONLY {table} WHERE NOT ({expression}))", transaction: transaction, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false))
            {
                return $"rows of {table} do not keep {promise} under the present order; rebuilding indexes does not cure that: move those rows by hand, then reopen";
            }
        }
        return null;
    }
}
