using System.Buffers;
using System.Security.Cryptography;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>What a file says by its content: read to its end, in pieces that are worth the way to the disk.</summary>
internal sealed record FileHash(long Length, byte[] Bytes)
{
    private const int Piece = 1 << 18;

    public string Sha256 => Convert.ToHexStringLower(Bytes);

    /// <summary>Of the file itself where the path is a link to it.</summary>
    public static long LengthOf(string path)
    {
        using var file = File.OpenHandle(path);
        return RandomAccess.GetLength(file);
    }

    /// <summary>Off the caller's thread, which is not to wait for a disk.</summary>
    public static Task<FileHash> OfAsync(string path, CancellationToken cancel) => Task.Run(() => Of(path, cancel), cancel);

    private static FileHash Of(string path, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            using var file = File.OpenHandle(path, options: FileOptions.SequentialScan);
            var length = 0L;
            for (int read; (read = RandomAccess.Read(file, buffer, length)) > 0; length += read)
            {
                cancel.ThrowIfCancellationRequested();
                hash.AppendData(buffer, 0, read);
            }
            return new(length, hash.GetHashAndReset());
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
