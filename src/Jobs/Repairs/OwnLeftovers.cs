using Dapper;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>The invalid halves that this incident's rebuilds left on the table, and nobody else's.</summary>
public static class OwnLeftovers
{
    public const string Why = "an earlier try of this repair left it behind";

    public static async Task<IReadOnlyList<Leftover>> FindAsync(RepairSession session, IndexLook index, IReadOnlyList<long> before, long original, CancellationToken cancel) =>
        [.. await session.Connection.QueryAsync<Leftover>(new CommandDefinition(
            Sql.Of<IndexLook>("leftovers"), new { table = index.TableOid, before = before.ToArray(), original }, cancellationToken: cancel)).ConfigureAwait(false)];

    public static string Drop(Leftover leftover) => $"DROP INDEX CONCURRENTLY {leftover.Quoted}";

    /// <summary>After a failed rebuild. Says what could not be dropped; that is found again as a leftover by its own check.</summary>
    public static async Task<string?> DropAsync(RepairSession session, IndexLook index, RepairPlan plan, StatementLog log, CancellationToken cancel)
    {
        try
        {
            foreach (var leftover in await FindAsync(session, index, plan.IndexesBefore, index.Oid, cancel).ConfigureAwait(false))
            {
                await log.RunAsync(session, Drop(leftover), cancel).ConfigureAwait(false);
            }
            return null;
        }
        catch (Npgsql.PostgresException e)
        {
            return $"; what it left behind could not be dropped: {e.MessageText}";
        }
    }
}

public sealed record Leftover(long Oid, string Quoted);
