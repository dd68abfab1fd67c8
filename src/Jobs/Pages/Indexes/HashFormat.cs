using System.Numerics;

namespace HealingWorkers.Jobs.Pages;

internal sealed class HashFormat : IndexFormat
{
    private const int Overflow = 1;
    private const int Bucket = 2;
    private const int Meta = 8;
    private const int MagicAt = 24;
    private const uint Magic = 0x6440640;
    private const int LastBucket = 48;
    private const int HighMask = 52;
    private const int LowMask = 56;
    private const int Maps = 68;
    private const int MostMaps = 1024;
    private const int Spares = 76;
    private const int MapsAt = Spares + 98 * 4;
    private const int GroupsInOnePhase = 10;

    public override IReadOnlyList<uint> Fixed { get; } = [0];

    /// <summary>The hash of its row's key, which is all that an entry holds of it.</summary>
    public static uint CodeOf(ReadOnlySpan<byte> tuple) => U32(tuple, 8);

    protected override bool IsOwn(ReadOnlySpan<byte> page) => Special(page) == PageHeader.BlockSize - 16 && U16(page, Special(page) + 14) == 0xFF80;

    protected override bool? IsFirst(ReadOnlySpan<byte> page) => (U16(page, Special(page) + 12) & Meta) != 0;

    protected override bool Read(ReadOnlySpan<byte> page, IIndexSink sink)
    {
        var special = Special(page);
        var kind = U16(page, special + 12);
        if ((kind & Meta) != 0)
        {
            return LinkBuckets(page, sink);
        }
        if ((kind & (Overflow | Bucket)) == 0)
        {
            return true;
        }
        Link(U32(page, special + 4), sink);
        var before = 0u;
        for (var item = 1; item <= Items(page); item++)
        {
            var tuple = Item(page, item);
            // a page is searched by halves: what is not in order is not found
            if (CodeOf(tuple) < before)
            {
                return false;
            }
            before = CodeOf(tuple);
            Add(tuple, tuple, sink, IsDead(page, item));
        }
        return true;
    }

    /// <summary>The first page of each bucket, and the maps of what is free.</summary>
    private static bool LinkBuckets(ReadOnlySpan<byte> page, IIndexSink sink)
    {
        var (last, high, low) = (U32(page, LastBucket), U32(page, HighMask), U32(page, LowMask));
        // what is no such page may name any number of buckets
        if (U32(page, MagicAt) != Magic || !BitOperations.IsPow2(high + 1L) || low != high >> 1 || last < low || last > high || high == uint.MaxValue || U32(page, Maps) > MostMaps)
        {
            return false;
        }
        for (var bucket = 0u; bucket <= last; bucket++)
        {
            sink.Link(bucket + 1 + (bucket == 0 ? 0 : U32(page, Spares + (Phase(bucket + 1) - 1) * sizeof(uint))));
        }
        for (var map = 0; map < U32(page, Maps); map++)
        {
            sink.Link(U32(page, MapsAt + map * sizeof(uint)));
        }
        return true;
    }

    /// <summary>Buckets come in groups that double their number; from the tenth on a group comes in four parts.</summary>
    private static int Phase(uint buckets)
    {
        var group = buckets <= 1 ? 0 : BitOperations.Log2(buckets - 1) + 1;
        return group < GroupsInOnePhase ? group : GroupsInOnePhase + ((group - GroupsInOnePhase) << 2) + (int)((buckets - 1) >> (group - 3) & 3);
    }
}
