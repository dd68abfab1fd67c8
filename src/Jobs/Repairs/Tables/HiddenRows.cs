using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Committed rows that their own bits hide: any VACUUM removes them for good. None of ours runs before they are back.</summary>
internal static class HiddenRows
{
    public static readonly IReadOnlyList<FindingKind> Kinds = [FindingKind.HeapRowsHidden, FindingKind.HeapBitsWrong];

    private const long Large = 1L << 30;

    /// <summary>What the ledger knows of such rows in a table, whoever has it in hand.</summary>
    public static Incident? OpenOn(IEnumerable<Incident> beside, long table) => beside.FirstOrDefault(i => Kinds.Contains(i.Kind) && i.TableOid == table);

    /// <summary>
    /// Why a table is not to be vacuumed now; its TOAST table would be vacuumed with it. By the ledger, and by a look at the rows themselves
    /// where the server's files can be seen. Null when nothing is known against it.
    /// </summary>
    public static async Task<string?> InTheWayAsync(RepairSession session, TableLook table, CancellationToken cancel)
    {
        if (await KnownAsync(session, table, cancel).ConfigureAwait(false) is { } known)
        {
            return known;
        }
        foreach (var oid in Both(table))
        {
            if (await RowBitsLook.InTableAsync(session.Target, session.Facts, oid, cancel).ConfigureAwait(false) is [var row, ..])
            {
                return $"a committed row at {row.Place} of {table.Quoted}{(oid == table.Oid ? "" : " (in its TOAST table)")}, and perhaps more, is hidden by its own bits, and VACUUM would remove it: `healing check` names them, and they are brought back first";
            }
        }
        return null;
    }

    /// <summary>The same for a plan, which a person may wait for: the rows of a large table are looked at when the repair begins.</summary>
    public static async Task<string?> AtAGlanceAsync(RepairSession session, TableLook table, CancellationToken cancel) =>
        await session.Connection.ExecuteScalarAsync<long?>(new CommandDefinition("SELECT pg_catalog.pg_table_size(@Oid::oid::regclass)", new { table.Oid }, cancellationToken: cancel)).ConfigureAwait(false) > Large
            ? await KnownAsync(session, table, cancel).ConfigureAwait(false) : await InTheWayAsync(session, table, cancel).ConfigureAwait(false);

    /// <summary>By the ledger alone.</summary>
    public static async Task<string?> KnownAsync(RepairSession session, TableLook table, CancellationToken cancel)
    {
        var both = Both(table);
        var beside = await session.OpenBesideAsync(both, cancel).ConfigureAwait(false);
        return both.Select(oid => OpenOn(beside, oid)).FirstOrDefault(i => i is not null) is { } open
            ? $"committed rows of {table.Quoted} are hidden by their own bits (incident {open.Id}: {open.Kind.Name} on {open.Object}), and VACUUM would remove them: they are brought back first. What was escalated by then is taken up again by `healing incidents reopen`"
            : null;
    }

    private static long[] Both(TableLook table) => table.ToastOid is { } toast ? [table.Oid, toast] : [table.Oid];
}
