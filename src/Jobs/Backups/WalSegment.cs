namespace HealingWorkers.Jobs.Backups;

/// <summary>A file of WAL that is being received: what has not come yet is zeros.</summary>
internal static class WalSegment
{
    private const int Piece = 1 << 16;

    /// <summary>Whether one goes on where another one, of the same name, has ended or says something else. It is left at its beginning.</summary>
    public static async Task<bool> GoesOnAsync(FileStream received, string other, CancellationToken cancel)
    {
        await using var own = new FileStream(other, FileMode.Open, FileAccess.Read, FileShare.Read);
        var (same, goesOn) = (true, false);
        var (left, right) = (new byte[Piece], new byte[Piece]);
        while (!goesOn && await received.ReadAtLeastAsync(left, Piece, throwOnEndOfStream: false, cancel).ConfigureAwait(false) is > 0 and var read)
        {
            var there = same ? await own.ReadAtLeastAsync(right.AsMemory(0, read), read, throwOnEndOfStream: false, cancel).ConfigureAwait(false) : 0;
            var equal = same ? left.AsSpan(0, read).CommonPrefixLength(right.AsSpan(0, there)) : 0;
            same &= equal == read;
            goesOn = left.AsSpan(equal, read - equal).ContainsAnyExcept((byte)0);
        }
        received.Position = 0;
        return goesOn;
    }
}
