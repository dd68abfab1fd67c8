using System.Globalization;
using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Compares the file of one index with the file of its table, in both directions, as they are on disk now.</summary>
internal sealed class FirstLook(CheckRequest request, IServerFiles files, RowReader rows, bool checksums)
{
    /// <summary>Blocks of the table kept in mind at once: 80 MB, twice that where entries are dead.</summary>
    private const uint BlocksAtOnce = 2 << 20;
    /// <summary>The same with what a hash index holds of the keys, or how many keys a GIN index has of a row: 160 MB.</summary>
    private const uint BlocksWithCodes = 1 << 18;
    /// <summary>The keys of larger tables are not counted, since a GIN index would be read too often: 8 GB.</summary>
    private const uint MostCounted = 4 * BlocksWithCodes;
    private readonly PieceRests _rests = new(request);

    public async Task<IndexSuspects> TakeAsync(ProbedIndex index, IndexFormat format, CancellationToken cancel)
    {
        var heap = new RelationPages(files, index.TablePath!);
        var entries = new RelationPages(files, index.Path!);
        var total = await LengthAsync(index, cancel).ConfigureAwait(false);
        if (index.Memory == EntryMemory.Counts && total > MostCounted)
        {
            index = index.WithoutKeys();
        }
        var suspects = new IndexSuspects(index);
        _rests.Begin();
        var atOnce = index.CodeOf is null ? BlocksAtOnce : BlocksWithCodes;
        for (var first = 0L; first == 0 || first < total; first += atOnce)
        {
            var count = (uint)Math.Min(atOnce, total - first);
            var pass = new IndexPass((uint)first, count, memory: index.Memory) { IsLast = first + count >= total, Leaves = index.NewLeaves(), Keys = index.NewKeys(), Checksums = checksums, FollowsLinks = !index.IsBtree };
            await pass.ReadAsync(entries, format, () => _rests.RestAsync(cancel), cancel).ConfigureAwait(false);
            var doubted = await CompareAsync(index, heap, pass, (uint)first, count, suspects, cancel).ConfigureAwait(false);
            // what came while the index was read is none of its entries' fault
            var now = pass.Beyond.Count == 0 ? total : await LengthAsync(index, cancel).ConfigureAwait(false);
            suspects.Dangling.UnionWith(pass.Beyond.Where(p => p.Block < total || p.Block >= now));
            if (!index.IsBtree)
            {
                suspects.Broken.UnionWith(pass.Broken);
                await MissingAsync(index, heap, pass, doubted, suspects, cancel).ConfigureAwait(false);
                _rests.Begin();
            }
        }
        return suspects;
    }

    private async Task<long> LengthAsync(ProbedIndex index, CancellationToken cancel) =>
        (await RelationFile.ListAsync(files, index.TablePath!, cancel).ConfigureAwait(false)).Where(f => f.Fork.Length == 0).Sum(f => f.Length / PageHeader.BlockSize);

    /// <summary>Gives the blocks with rows that the index does not point at; why it need not, the server knows. Of a hash index all: only the server knows their codes; and where keys are counted.</summary>
    private async Task<List<uint>> CompareAsync(ProbedIndex index, RelationPages heap, IndexPass pass, uint first, uint count, IndexSuspects suspects, CancellationToken cancel)
    {
        var doubted = new List<uint>();
        await heap.EachAsync((block, page) =>
        {
            var empty = !page.ContainsAnyExcept((byte)0);
            if (!empty && !PageHeader.Read(page).IsSane)
            {
                // another damage, which other checks see: nothing can be said of its rows
                return;
            }
            var lines = new HeapLines(page);
            foreach (var offset in pass.SeenIn(block))
            {
                if (!lines.IsUsed(offset) && suspects.Dangling.Count < IndexSuspects.Most)
                {
                    suspects.Dangling.Add(new(block, (ushort)offset));
                }
            }
            for (var offset = 1; !index.IsBtree && offset <= lines.Count; offset++)
            {
                if (lines.IsRoot(offset) && (index.Memory != EntryMemory.Presence || !pass.Leads(new(block, (ushort)offset))))
                {
                    doubted.Add(block);
                    return;
                }
            }
        }, () => _rests.RestAsync(cancel), cancel, first, count).ConfigureAwait(false);
        return doubted;
    }

    private async Task MissingAsync(ProbedIndex index, RelationPages heap, IndexPass pass, List<uint> doubted, IndexSuspects suspects, CancellationToken cancel)
    {
        for (var at = 0; at < doubted.Count && suspects.Missing.Count < IndexSuspects.Most;)
        {
            var end = at;
            while (end + 1 < doubted.Count && doubted[end + 1] == doubted[end] + 1 && end - at < 1000)
            {
                end++;
            }
            var began = request.Target.Clock.GetTimestamp();
            var visible = await rows.OfBlocksAsync(index, doubted[at], doubted[end], cancel, lacks: index.KeysOf is null ? null : pass.Lacks).ConfigureAwait(false);
            suspects.HasDoubles |= index.LengthOf is not null && visible.Values.Any(static r => r.HasDoubles);
            foreach (var block in visible.GroupBy(r => r.Key.Block))
            {
                if (await heap.ReadAsync(block.Key, cancel).ConfigureAwait(false) is not { } page)
                {
                    continue;
                }
                var written = new HeapPage(page);
                foreach (var (row, seen) in block)
                {
                    // the copy on disk may be older, and the place somebody else's in it
                    if (written.Tuple(row.Offset)?.Xmin.ToString(CultureInfo.InvariantCulture) != seen.Writer)
                    {
                        continue;
                    }
                    var roots = new HeapLines(page).RootsOf(row.Offset).Select(o => new HeapPlace(block.Key, (ushort)o)).ToList();
                    if (roots.Count == 0)
                    {
                        continue;
                    }
                    var led = roots.Exists(r => pass.Leads(r, seen.Code));
                    if (!led || seen.Lacking.Count > 0)
                    {
                        suspects.Missing[row] = new(roots, seen.Writer, seen.Code, seen.Lacking) { IsElsewhere = roots.Exists(pass.Leads), IsShort = !led };
                    }
                }
            }
            await request.Throttle.RestAsync(request.Target.Clock.GetElapsedTime(began), cancel).ConfigureAwait(false);
            at = end + 1;
        }
    }
}
