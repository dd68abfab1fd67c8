using System.Buffers.Binary;

namespace HealingWorkers.Worker.Demo;

/// <summary>Damages a B-tree in its file on disk, as a lost write would: a leaf in the middle becomes nothing but zeros.</summary>
internal static class IndexWrecker
{
    private const int PageSize = 8192;
    private const int LeafFlag = 1;
    private const int OtherFlags = 2 | 4 | 8 | 16; // root, deleted, meta page, half dead

    /// <returns>The block that was zeroed.</returns>
    public static long ZeroLeaf(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        var blocks = stream.Length / PageSize;
        var leaves = new List<long>();
        var page = new byte[PageSize];
        for (long block = 1; block < blocks; block++)
        {
            stream.Position = block * PageSize;
            stream.ReadExactly(page);
            var special = BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(16));
            if (special is > 0 and <= PageSize - 16 && (BinaryPrimitives.ReadUInt16LittleEndian(page.AsSpan(special + 12)) & (LeafFlag | OtherFlags)) == LeafFlag)
            {
                leaves.Add(block);
            }
        }
        if (leaves.Count == 0)
        {
            throw new InvalidDataException($"{file} holds no leaf page");
        }
        var victim = leaves[leaves.Count / 2];
        stream.Position = victim * PageSize;
        stream.Write(new byte[PageSize]);
        stream.Flush(flushToDisk: true);
        return victim;
    }
}
