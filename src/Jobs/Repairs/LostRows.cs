using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// What finds a broken B-tree never asks whether the table has lost rows, and a new index knows only what is left.
/// So the B-trees of the table are compared with it before one of its indexes is built anew: they read no row, and lead to where rows were.
/// </summary>
internal sealed class LostRows(RepairSession session)
{
    /// <summary>More than this is not read before each rebuild: the weekly check compares all tables, and the old file of the index is in the snapshot.</summary>
    private const long MostBytes = 4L << 30;

    /// <summary>The plan as it is where no rows are lost, or where that cannot be told here at all; else with why not, or not now.</summary>
    public async Task<RepairPlan> OfAsync(RepairPlan plan, Incident incident, IndexLook index, CancellationToken cancel)
    {
        if (incident.Kind == FindingKind.IndexFileMissing || index.IsCatalog
            || session.LossIsDecidedAsync is not { } decided || await decided(index.TableOid, cancel).ConfigureAwait(false))
        {
            return plan;
        }
        var trees = (await TableIndex.OfAsync(session.Connection, index.TableOid, cancel).ConfigureAwait(false)).Where(i => i.IsBtree).Select(i => i.Oid).ToList();
        if (trees.Count == 0 || await BytesAsync(index.TableOid, trees, cancel).ConfigureAwait(false) > MostBytes)
        {
            return plan;
        }
        var report = await new IndexProbeCheck().RunAsync(new(session.Target, CheckScope.OfIndexes(trees)), cancel).ConfigureAwait(false);
        return report.Findings.FirstOrDefault(f => f.Kind == FindingKind.HeapRowsLost && IsCertain(f)) is { } lost
                ? plan with { Refuse = $"{index.TableQuoted} has lost rows: {lost.Detail}. {index.Quoted} may be the last that knows of them: the next db.index_check opens an incident of it; when that is closed, this index is rebuilt by `healing incidents reopen {incident.Id}`" }
            : report.Undecided is { } why ? plan with { Defer = $"whether {index.TableQuoted} has lost rows cannot be told now: {why}" }
            : plan;
    }

    /// <summary>Each tree is compared with all of the table.</summary>
    private Task<long> BytesAsync(long table, List<long> trees, CancellationToken cancel) => session.Connection.ExecuteScalarAsync<long>(new CommandDefinition(
        Sql.Of<IndexLook>("probe_bytes"), new { table, trees }, cancellationToken: cancel));

    /// <summary>One index alone that leads to free places of pages that are there may be at fault itself, and is what is to be cured.</summary>
    private static bool IsCertain(Finding lost) =>
        (int)lost.Evidence["blocks_gone"]! > 0 || lost.Evidence["keys"]!.AsObject().Count(k => k.Value!.AsArray().Count > 0) > 1;
}
