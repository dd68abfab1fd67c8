using System.Numerics;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The pages of an index that others of it lead to: a bit each, and of those far ahead of what was read only so many.</summary>
internal sealed class PageLinks
{
    /// <summary>128 GB: no index grows by that between two of its pages, but rubbish leads anywhere.</summary>
    private const uint Ahead = 1 << 24;
    private const int Most = 10_000;
    private readonly HashSet<uint> _far = [];
    private ulong[] _near = [];

    public void Add(uint from, uint to)
    {
        if (to > from && to - from > Ahead)
        {
            if (_far.Count < Most)
            {
                _far.Add(to);
            }
            return;
        }
        if (to / 64 >= _near.Length)
        {
            Array.Resize(ref _near, (int)Math.Max(to / 64 + 1, _near.Length * 2L));
        }
        _near[to / 64] |= 1UL << (int)(to % 64);
    }

    public bool Contains(uint block) => (block / 64 < _near.Length && (_near[block / 64] >> (int)(block % 64) & 1) != 0) || _far.Contains(block);

    /// <summary>Those behind the end.</summary>
    public IEnumerable<uint> From(uint end)
    {
        for (long word = end / 64; word < _near.LongLength; word++)
        {
            for (var bits = _near[word]; bits != 0; bits &= bits - 1)
            {
                if (word * 64 + BitOperations.TrailingZeroCount(bits) is var block && block >= end)
                {
                    yield return (uint)block;
                }
            }
        }
        foreach (var block in _far.Where(b => b >= end))
        {
            yield return block;
        }
    }
}
