using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Rows that their own hint bits hide, though their maker committed and nobody removed them.</summary>
public sealed class RowBitsCheck : ICheck
{
    private const int Shown = 5;
    private const int MostBlocks = 100;

    public CheckDescription Description { get; } = new(
        "row_bits", "Compares the hint bits of every row with the commit log.", "db.index_check",
        "Reads the files of every table once, beside the server, and asks the commit log about the rows that their bits call gone.",
        "None.",
        "Sight of the server's files: its data directory, or pg_read_binary_file and pg_stat_file (role healing_rest).",
        "Rows that were wrongly called there; rows called removed by a transaction that committed, unless they show that it only locked them; what was removed by several transactions at once; transactions too old for the commit log; pages that are all-visible, which visibility looks at.",
        [FindingKind.HeapBitsWrong])
    { Reach = CheckReach.Table };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        if (await ServerFilesFinder.FindAsync(request.Target, facts, connection, cancel).ConfigureAwait(false) is not { } files)
        {
            return CheckRun.Without(Description.Name, CheckStatus.Unavailable, elapsed(),
                ServerFilesFinder.WhyNot(facts));
        }
        var left = new LeftAlone();
        var tables = (await HeapTable.ListAsync(connection, request.Scope, sequences: false, cancel).ConfigureAwait(false)).Where(t => !left.Passes(t.Quoted, request.Known.WhyNotRows(t.Oid))).ToList();
        var look = new RowBitsLook(connection, files);
        var (findings, examined, open) = (new List<Finding>(), new List<HeapTable>(), new List<string>());
        foreach (var table in tables)
        {
            request.Progress?.Report(new(Description.Name, examined.Count, tables.Count, table.Quoted));
            if (await OfTableAsync(request, look, connection, table, open, cancel).ConfigureAwait(false) is not { } rows)
            {
                continue;
            }
            findings.AddRange(Tell(facts, table, rows));
            if (rows.Count >= RowBitsLook.Most || rows.Select(r => r.Place.Block).Distinct().Count() > MostBlocks)
            {
                open.Add($"{table.Quoted}: more is wrong than is told");
            }
            else
            {
                examined.Add(table);
            }
        }
        var why = open.Count == 0 ? null : $"{open.Count} table(s) not examined whole: {string.Join("; ", open.Take(Shown))}";
        return new(Description.Name, findings.Count > 0 ? CheckStatus.Damaged : open.Count > 0 ? CheckStatus.Failed : CheckStatus.Clean, elapsed(), LeftAlone.Joined(why, left.Reason), findings, [.. examined.Select(t => t.Oid)])
        {
            ExaminedNames = [.. examined.Select(t => t.Quoted)],
            LeftAlone = left.Reason is not null,
        };
    }, cancel);

    /// <summary>Null where its file went or changed while it was read: what was read may have been another's.</summary>
    private static async Task<IReadOnlyList<HiddenRow>?> OfTableAsync(CheckRequest request, RowBitsLook look, NpgsqlConnection connection, HeapTable table, List<string> open, CancellationToken cancel)
    {
        if (await HeapSize.PathAsync(connection, table.Oid, cancel).ConfigureAwait(false) is not { } path)
        {
            return null;
        }
        var began = request.Target.Clock.GetTimestamp();
        try
        {
            var rows = await look.OfTableAsync(path, async () =>
            {
                await request.Throttle.RestAsync(request.Target.Clock.GetElapsedTime(began), cancel).ConfigureAwait(false);
                began = request.Target.Clock.GetTimestamp();
            }, cancel).ConfigureAwait(false);
            return await HeapSize.PathAsync(connection, table.Oid, cancel).ConfigureAwait(false) == path ? rows : null;
        }
        catch (Exception e) when (e is IOException or PostgresException { SqlState: SqlState.UndefinedFile })
        {
            // one that was dropped or rewritten meanwhile has another file, or none
            if (await HeapSize.PathAsync(connection, table.Oid, cancel).ConfigureAwait(false) == path)
            {
                open.Add($"{table.Quoted}: its file could not be read from here: {e.Message}");
            }
            return null;
        }
    }

    private IEnumerable<Finding> Tell(TargetFacts facts, HeapTable table, IReadOnlyList<HiddenRow> rows)
    {
        foreach (var block in rows.GroupBy(r => r.Place.Block).OrderBy(b => b.Key).Take(MostBlocks))
        {
            var places = block.Select(r => r.Place).ToList();
            var finding = Finding.InBlock(Description.Name, FindingKind.HeapBitsWrong, facts.Id, table.Name, block.Key, [.. places.Select(t => t.Offset).Order()],
                $"{places.Count} committed row(s) at {string.Join(", ", places.Take(Shown))}{(places.Count > Shown ? " and more" : "")} are marked as if they were not: nobody sees them, and VACUUM would remove them");
            yield return !table.IsCatalog ? finding
                : finding with { Repair = null, Risk = null, Detail = $"{finding.Detail}. It belongs to the system catalogue: a person restores it." };
        }
    }
}
