using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Within one transaction: references come to the rows that stay, the others go to quarantine.</summary>
internal sealed class DuplicateRemoval(RepairSession session, UniqueKey key, QuarantineBatch batch)
{
    public async Task<long> RunAsync(IReadOnlyList<DuplicateDecision> decisions, CancellationToken cancel)
    {
        foreach (var decision in decisions)
        {
            foreach (var referring in decision.Losers.SelectMany(l => l.Referring))
            {
                await RepointAsync(referring, decision.Winner, cancel).ConfigureAwait(false);
            }
        }
        var table = await QuarantineTable.OfAsync(session.Connection, key.TableOid, cancel).ConfigureAwait(false);
        return await batch.DeleteAsync(table, [.. decisions.SelectMany(d => d.Losers).Select(l => l.Place)], cancel, keyStays: true).ConfigureAwait(false);
    }

    private async Task RepointAsync(Referring referring, DuplicateCopy winner, CancellationToken cancel)
    {
        var columns = (await session.Connection.QueryAsync<(string Column, string RefersTo)>(new CommandDefinition(
            Sql.Of<IndexLook>("references_by_column"), new { oid = referring.Reference.Oid }, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
        var table = await QuarantineTable.OfAsync(session.Connection, referring.Reference.Leaf, cancel).ConfigureAwait(false);
        var set = columns.ToDictionary(c => c.Column,
            c => $"(SELECT \"kept copy\".{c.RefersTo} FROM ONLY {key.TableQuoted} AS \"kept copy\" WHERE \"kept copy\".ctid OPERATOR(pg_catalog.=) '{winner.Place}'::pg_catalog.tid)", StringComparer.Ordinal);
        await batch.ChangeAsync(table, referring.Places, set, cancel).ConfigureAwait(false);
    }
}
