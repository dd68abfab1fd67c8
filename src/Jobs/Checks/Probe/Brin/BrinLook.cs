using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Pages;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Compares the summaries of a BRIN index with the rows: a row that its range does not cover is found by nobody who asks the index.</summary>
internal sealed class BrinLook(CheckRequest request, IServerFiles files, RowReader rows, bool checksums)
{
    private const int RangesAtOnce = 256;
    /// <summary>Of summaries with many bounds each, so that a query stays short.</summary>
    private const int LongRangesAtOnce = 16;
    private const uint BlocksAtOnce = 4096;
    private string? _encoding;

    /// <summary>True where the bounds can be compared; else the index is looked at as far as its pages go, and not called examined.</summary>
    public static bool Understands(ProbedIndex index) => !index.AtLeast.Contains(null) && !index.AtMost.Contains(null) && index.KeyTypes.All(BrinBounds.Knows);

    public async Task<IndexSuspects> TakeAsync(ProbedIndex index, CancellationToken cancel)
    {
        var suspects = new IndexSuspects(index);
        if (await BrinFile.OpenAsync(new(files, index.Path!), cancel).ConfigureAwait(false) is not { } file)
        {
            suspects.Broken.Add(0);
            return suspects;
        }
        suspects.Broken.UnionWith((await PageReading.JudgeAsync(files, index.Path!, checksums, cancel).ConfigureAwait(false)).Bad.Select(p => p.Block));
        for (var page = 1u; page <= file.MapPages; page++)
        {
            var part = await file.ReadAsync(page, cancel).ConfigureAwait(false);
            suspects.Broken.UnionWith(part.Broken);
            foreach (var piece in part.Ranges.Chunk((int)Math.Clamp(BlocksAtOnce / file.BlocksInRange, 1, index.SeveralBounds.Contains(true) ? LongRangesAtOnce : RangesAtOnce)))
            {
                if (suspects.Missing.Count >= IndexSuspects.Most)
                {
                    return suspects;
                }
                var began = request.Target.Clock.GetTimestamp();
                foreach (var (row, seen) in await UncoveredAsync(index, file, piece, cancel).ConfigureAwait(false))
                {
                    suspects.Missing[row] = new([], seen.Writer, 0, []);
                }
                await request.Throttle.RestAsync(request.Target.Clock.GetElapsedTime(began), cancel).ConfigureAwait(false);
            }
        }
        return suspects;
    }

    /// <summary>After a checkpoint: what wrote those rows had told the index before they could be seen, and by now that is on disk.</summary>
    public async Task AgainAsync(IndexSuspects suspects, CancellationToken cancel)
    {
        if (await BrinFile.OpenAsync(new(files, suspects.Index.Path!), cancel).ConfigureAwait(false) is not { } file)
        {
            suspects.Broken.IntersectWith([0]);
            return;
        }
        var judged = await PageReading.JudgeBlocksAsync(files, suspects.Index.Path!, suspects.Broken.Select(b => (long)b).ToList(), checksums, cancel).ConfigureAwait(false);
        var (missing, broken) = (new Dictionary<HeapPlace, MissingRow>(), judged.Bad.Select(p => p.Block).ToHashSet());
        var pages = suspects.Missing.Keys.Select(r => file.MapPageOf(r.Block)).ToHashSet();
        for (var page = 1u; page <= file.MapPages; page++)
        {
            if (suspects.Broken.Count == 0 && !pages.Contains(page))
            {
                continue;
            }
            var part = await file.ReadAsync(page, cancel).ConfigureAwait(false);
            broken.UnionWith(part.Broken);
            var doubted = suspects.Missing.Keys.Select(r => r.Block / file.BlocksInRange * file.BlocksInRange).ToHashSet();
            foreach (var range in part.Ranges.Where(r => doubted.Contains(r.First)))
            {
                foreach (var (row, seen) in await UncoveredAsync(suspects.Index, file, [range], cancel).ConfigureAwait(false))
                {
                    if (suspects.Missing.TryGetValue(row, out var before) && before.Writer == seen.Writer)
                    {
                        missing[row] = before;
                    }
                }
            }
        }
        suspects.Missing = missing;
        suspects.Broken.IntersectWith(broken);
    }

    private async Task<Dictionary<HeapPlace, SeenRow>> UncoveredAsync(ProbedIndex index, BrinFile file, IReadOnlyList<BrinRange> ranges, CancellationToken cancel)
    {
        if (!Understands(index))
        {
            return [];
        }
        _encoding ??= await EncodingAsync(cancel).ConfigureAwait(false);
        var last = ranges[^1].First + (file.BlocksInRange - 1);
        return await rows.OfBlocksAsync(index, ranges[0].First, last, cancel, Condition(index, ranges, file.BlocksInRange)).ConfigureAwait(false);
    }

    /// <summary>By halves, so that a row is not compared with the place of every range.</summary>
    private string Condition(ProbedIndex index, IReadOnlyList<BrinRange> ranges, uint blocks)
    {
        if (ranges.Count == 1)
        {
            var uncovered = BrinBounds.Uncovered(index, ranges[0], _encoding!) ?? "false";
            // behind it there may be blocks that no summary is of
            return $"(ctid < {Tid(ranges[0].First + blocks)} AND ({uncovered}))";
        }
        var (left, right) = (ranges.Take(ranges.Count / 2).ToList(), ranges.Skip(ranges.Count / 2).ToList());
        return $"CASE WHEN ctid < {Tid(right[0].First)} THEN {Condition(index, left, blocks)} ELSE {Condition(index, right, blocks)} END";
    }

    private static string Tid(long block) => FormattableString.Invariant($"'({Math.Min(block, uint.MaxValue)},0)'::pg_catalog.tid");

    private async Task<string> EncodingAsync(CancellationToken cancel)
    {
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("encoding"), connection);
        return (string)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
    }
}
