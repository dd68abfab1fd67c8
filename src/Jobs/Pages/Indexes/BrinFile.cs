using System.Buffers.Binary;

namespace HealingWorkers.Jobs.Pages;

/// <summary>The file of a BRIN index: its first page, then the map from ranges of blocks to summaries, then the pages that hold these.</summary>
public sealed class BrinFile
{
    private const uint Magic = 0xA8109CFA;
    private const ushort Meta = 0xF091;
    private const ushort Map = 0xF092;
    private const ushort Regular = 0xF093;
    private const int TidSize = 6;
    private const int RangesInPage = (PageHeader.BlockSize - PageHeader.Size - 8) / TidSize;
    private readonly RelationPages _pages;

    private BrinFile(RelationPages pages, ReadOnlySpan<byte> meta)
    {
        _pages = pages;
        BlocksInRange = BinaryPrimitives.ReadUInt32LittleEndian(meta[32..]);
        MapPages = BinaryPrimitives.ReadUInt32LittleEndian(meta[36..]);
    }

    /// <summary>How many blocks of the table one summary is of.</summary>
    public uint BlocksInRange { get; }

    public uint MapPages { get; }

    /// <summary>Null where the first page makes no sense.</summary>
    public static async Task<BrinFile?> OpenAsync(RelationPages pages, CancellationToken cancel) =>
        await pages.ReadAsync(0, cancel).ConfigureAwait(false) is { } meta && IsOf(Meta, meta) && BinaryPrimitives.ReadUInt32LittleEndian(meta.AsSpan(24)) == Magic
        && new BrinFile(pages, meta) is { BlocksInRange: > 0 } file ? file : null;

    /// <summary>Which page of the map knows the range that a block of the table is in.</summary>
    public uint MapPageOf(uint block) => 1 + block / BlocksInRange / RangesInPage;

    /// <param name="mapPage">From 1 to <see cref="MapPages"/>.</param>
    public async Task<BrinPart> ReadAsync(uint mapPage, CancellationToken cancel)
    {
        if (await _pages.ReadAsync(mapPage, cancel).ConfigureAwait(false) is not { } map || !IsOf(Map, map))
        {
            return new([], new HashSet<uint> { mapPage });
        }
        var places = new List<(uint First, uint Block, int Item)>();
        for (var n = 0; n < RangesInPage; n++)
        {
            var tid = map.AsSpan(PageHeader.Size + n * TidSize, TidSize);
            // a range without a summary is always read
            if (BinaryPrimitives.ReadUInt16LittleEndian(tid[4..]) is > 0 and var item)
            {
                places.Add((((mapPage - 1) * RangesInPage + (uint)n) * BlocksInRange, (uint)BinaryPrimitives.ReadUInt16LittleEndian(tid) << 16 | BinaryPrimitives.ReadUInt16LittleEndian(tid[2..]), item));
            }
        }
        var (ranges, broken) = (new List<BrinRange>(), new HashSet<uint>());
        foreach (var page in places.GroupBy(p => p.Block))
        {
            var bytes = await _pages.ReadAsync(page.Key, cancel).ConfigureAwait(false);
            foreach (var (first, block, item) in page)
            {
                if (bytes is not null && IsOf(Regular, bytes) && Tuple(bytes, item) is { } tuple && BinaryPrimitives.ReadUInt32LittleEndian(tuple) == first)
                {
                    ranges.Add(new(first, tuple));
                }
                else
                {
                    broken.Add(block);
                }
            }
        }
        return new([.. ranges.OrderBy(r => r.First)], broken);
    }

    private static bool IsOf(ushort type, ReadOnlySpan<byte> page) => PageHeader.Read(page).IsSane && BinaryPrimitives.ReadUInt16LittleEndian(page[^2..]) == type;

    private static byte[]? Tuple(ReadOnlySpan<byte> page, int item)
    {
        if (item > (PageHeader.Read(page).Lower - PageHeader.Size) / 4)
        {
            return null;
        }
        var pointer = BinaryPrimitives.ReadUInt32LittleEndian(page[(PageHeader.Size + (item - 1) * 4)..]);
        var (from, state, length) = ((int)(pointer & 0x7FFF), pointer >> 15 & 3, (int)(pointer >> 17));
        return state == 1 && length >= BrinRange.HeaderSize && from + length <= page.Length ? page.Slice(from, length).ToArray() : null;
    }
}

/// <param name="Ranges">Those with a summary, from the first block on.</param>
/// <param name="Broken">Pages of the index that should hold something and do not.</param>
public sealed record BrinPart(IReadOnlyList<BrinRange> Ranges, IReadOnlySet<uint> Broken);

/// <param name="First">The first block of the table that it is of.</param>
/// <param name="Tuple">The summary as it is stored.</param>
public sealed record BrinRange(uint First, byte[] Tuple)
{
    /// <summary>A block number, a byte of flags.</summary>
    public const int HeaderSize = 5;

    /// <summary>Being summed up just now: until that is done it is always read.</summary>
    public bool IsPlaceholder => (Tuple[4] & 0x40) != 0;

    /// <summary>No row was there: it is never read.</summary>
    public bool IsEmpty => (Tuple[4] & 0x20) != 0;

    public bool HasOnlyNulls(int column) => Bit(column);

    public bool HasNulls(int column, int columns) => Bit(columns + column);

    public int DataAt => Tuple[4] & 0x1F;

    private bool Bit(int number) => (Tuple[4] & 0x80) != 0 && HeaderSize + number / 8 < Tuple.Length && (Tuple[HeaderSize + number / 8] >> (number % 8) & 1) != 0;
}
