using System.Runtime.InteropServices;
using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Jobs.Checks;

/// <summary>
/// Which pages of a GIN index a search or a vacuum comes to. An insert that fails after it wrote its pages and before it hung them in leaves them behind for ever,
/// with rows that vacuum removes without looking there: they say nothing of the index.
/// </summary>
internal sealed class GinReach
{
    private const uint Nobody = uint.MaxValue;
    /// <summary>Behind the pages that were read only so many are remembered: rubbish leads anywhere.</summary>
    private const int Most = 10_000;
    private readonly List<GinPageKind> _kinds = [];
    private readonly List<uint> _inList = [];
    private readonly List<uint> _inTree = [];
    private readonly Dictionary<uint, (uint InList, uint InTree)> _behind = [];
    private readonly Dictionary<uint, bool> _known = [];
    private GinPageKind _here;

    public void Page(uint block, ReadOnlySpan<byte> page)
    {
        _here = GinFormat.KindOf(page);
        Grow(_kinds, block, GinPageKind.Deleted);
        _kinds[(int)block] = _here;
    }

    public void Link(uint from, uint to)
    {
        var isList = _here is GinPageKind.List or GinPageKind.First;
        if (to > from && to - from > 1 << 24)
        {
            if (_behind.Count < Most)
            {
                var (list, tree) = _behind.GetValueOrDefault(to, (Nobody, Nobody));
                _behind[to] = isList ? (from, tree) : (list, from);
            }
            return;
        }
        var which = isList ? _inList : _inTree;
        Grow(which, to, Nobody);
        which[(int)to] = from;
    }

    /// <summary>Whether a page that is come to leads there.</summary>
    public bool LeadsTo(uint block) => Leads(Of(block, inList: true)) || Leads(Of(block, inList: false));

    /// <summary>Whether it is come to: the tree of keys by itself, the others by who leads to them.</summary>
    public bool Comes(uint block)
    {
        var way = new List<uint>();
        bool comes;
        for (var at = block; ; at = Of(at, Kind(at) == GinPageKind.List))
        {
            if (at == Nobody || way.Count > _kinds.Count)
            {
                comes = false;
                break;
            }
            if (Kind(at) is GinPageKind.First or GinPageKind.Entries)
            {
                comes = true;
                break;
            }
            if (_known.TryGetValue(at, out comes))
            {
                break;
            }
            way.Add(at);
        }
        foreach (var passed in way)
        {
            _known[passed] = comes;
        }
        return comes;
    }

    private bool Leads(uint from) => from != Nobody && Comes(from);

    private GinPageKind Kind(uint block) => block < _kinds.Count ? _kinds[(int)block] : GinPageKind.Deleted;

    private uint Of(uint block, bool inList) => (inList ? _inList : _inTree) is var which && block < which.Count && which[(int)block] != Nobody ? which[(int)block]
        : _behind.TryGetValue(block, out var far) ? (inList ? far.InList : far.InTree) : Nobody;

    private static void Grow<T>(List<T> list, uint block, T with)
    {
        var before = list.Count;
        if (block >= before)
        {
            CollectionsMarshal.SetCount(list, (int)block + 1);
            CollectionsMarshal.AsSpan(list)[before..].Fill(with);
        }
    }
}
