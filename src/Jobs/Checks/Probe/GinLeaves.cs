using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The leaves of a GIN index as one reading of its file saw them, and which of them are out of order.</summary>
internal sealed class GinLeaves(GinKeys keys)
{
    /// <summary>Neighbours of more are not compared, only the keys of each.</summary>
    private const int Most = 200_000;
    private readonly Dictionary<uint, GinLeaf> _leaves = [];
    private readonly HashSet<uint> _disordered = [];

    public void Add(uint block, ReadOnlySpan<byte> page)
    {
        if (Read(keys, page) is not { } leaf)
        {
            return;
        }
        if (!leaf.IsOrdered)
        {
            _disordered.Add(block);
        }
        else if (leaf.Last.Length > 0 && _leaves.Count < Most)
        {
            _leaves[block] = leaf;
        }
    }

    public IEnumerable<uint> Disordered =>
        _disordered.Concat(_leaves.Where(l => _leaves.TryGetValue(l.Value.Right, out var right) && !Follows(l.Value, right)).Select(l => l.Key));

    /// <summary>Whether it is still so, of pages that stay as they are while they are read.</summary>
    public static async Task<bool> IsDisorderedAsync(GinKeys keys, RelationPages pages, uint block, CancellationToken cancel)
    {
        if (await pages.ReadAsync(block, cancel).ConfigureAwait(false) is not { } page || Read(keys, page) is not { } leaf)
        {
            return false;
        }
        if (!leaf.IsOrdered)
        {
            return true;
        }
        return leaf.Last.Length > 0 && leaf.Right != uint.MaxValue && await pages.ReadAsync(leaf.Right, cancel).ConfigureAwait(false) is { } next
            && Read(keys, next) is { IsOrdered: true, First.Length: > 0 } right && !Follows(leaf, right)
            && await pages.ReadAsync(block, cancel).ConfigureAwait(false) is { } again && again.AsSpan().SequenceEqual(page);
    }

    private static bool Follows(GinLeaf left, GinLeaf right) => left.Last.AsSpan().SequenceCompareTo(right.First) < 0;

    /// <summary>A page whose entries make no sense is told by what reads their rows.</summary>
    private static GinLeaf? Read(GinKeys keys, ReadOnlySpan<byte> page)
    {
        try
        {
            return PageHeader.Read(page).IsSane ? keys.Read(page) : null;
        }
        catch (Exception e) when (e is ArgumentOutOfRangeException or IndexOutOfRangeException)
        {
            return new(uint.MaxValue, [], [], IsOrdered: false);
        }
    }
}
