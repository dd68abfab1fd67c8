using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>Pages of one relation in its files on disk, over all its segments of 1 GB.</summary>
public sealed class PageFile(string path)
{
    public const int PageSize = 8192;
    private const int BlocksPerSegment = 131_072;

    public string Path { get; } = path;

    public IReadOnlyList<string> Segments
    {
        get
        {
            var segments = new List<string>();
            for (var next = Path; File.Exists(next); next = Segment(segments.Count))
            {
                segments.Add(next);
            }
            return segments;
        }
    }

    public long BlockCount => Segments.Sum(segment => new FileInfo(segment).Length / PageSize);

    public byte[] Read(long block)
    {
        var page = new byte[PageSize];
        using var file = Open(block, FileAccess.Read);
        file.ReadExactly(page);
        return page;
    }

    /// <summary>Writes in place. With <paramref name="fixChecksum"/> the damage looks older than the checksum.</summary>
    public void Write(long block, byte[] page, bool fixChecksum)
    {
        if (page.Length != PageSize)
        {
            throw new ArgumentException("A page has 8192 bytes.", nameof(page));
        }
        if (fixChecksum && page.AsSpan().ContainsAnyExcept((byte)0))
        {
            PageChecksum.Store(page, block);
        }
        using var file = Open(block, FileAccess.Write);
        file.Write(page);
        file.Flush(flushToDisk: false);
    }

    /// <summary>The blocks whose pages satisfy the predicate, in order.</summary>
    public IReadOnlyList<long> Where(Func<long, byte[], bool> predicate)
    {
        var found = new List<long>();
        for (long block = 0; block < BlockCount; block++)
        {
            if (predicate(block, Read(block)))
            {
                found.Add(block);
            }
        }
        return found;
    }

    public void Truncate(long blocks)
    {
        var segments = Segments;
        for (var i = 0; i < segments.Count; i++)
        {
            var keep = Math.Clamp(blocks - (long)i * BlocksPerSegment, 0, BlocksPerSegment);
            using var file = new FileStream(segments[i], FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            file.SetLength(Math.Min(keep * PageSize, file.Length));
        }
    }

    public void Delete()
    {
        foreach (var segment in Segments)
        {
            File.Delete(segment);
        }
    }

    private FileStream Open(long block, FileAccess access)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(block);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(block, BlockCount);
        var file = new FileStream(
            Segment((int)(block / BlocksPerSegment)), FileMode.Open, access, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        file.Position = block % BlocksPerSegment * PageSize;
        return file;
    }

    private string Segment(int number) =>
        number == 0 ? Path : string.Create(CultureInfo.InvariantCulture, $"{Path}.{number}");
}
