using System.Globalization;
using System.Numerics;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>WAL that was received between backups: a directory a server, and one more for each time that a piece was missed.</summary>
/// <param name="root">Where backups are kept.</param>
public sealed class WalArchive(string root)
{
    internal const string FolderName = "wal";
    internal const string Partial = ".partial";
    /// <summary>Of a directory that was put aside, followed by its newest file.</summary>
    internal const string Before = ".before-";
    private const int NameLength = 24;

    public string Of(string systemIdentifier) => Path.Combine(root, FolderName, systemIdentifier);

    /// <summary>Puts the WAL that follows a backup into its restored pg_wal. Throws when a piece in between was never received.</summary>
    internal async Task BringAsync(Backup backup, string into, CancellationToken cancel)
    {
        var own = Segments(into);
        var newest = own.Count == 0 ? "" : own[^1];
        var from = FoldersOf(backup.SystemIdentifier).Where(f => Segments(f) is { Count: > 0 } there && newest.Length > 0 && Follows(there, newest, into)).OrderBy(f => Segments(f)[0][8..], StringComparer.Ordinal).LastOrDefault()
            ?? throw new HealingException($"the WAL that follows backup {backup.Id} was not received, so that no later point than its own can be reached", "Take a backup while backups.wal is on, and restore from that one.");
        foreach (var file in Directory.EnumerateFiles(from).Order(StringComparer.Ordinal))
        {
            var whole = Whole(Path.GetFileName(file));
            // the newest of the backup's own may end in the middle; that of the archive goes on
            if (whole.EndsWith(".history", StringComparison.Ordinal) || (IsSegment(whole) && string.CompareOrdinal(whole[8..], own[0][8..]) >= 0))
            {
                await using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                var place = Path.Combine(into, whole);
                // one that is being received may have come to a stop before the backup's own end
                if (file.EndsWith(Partial, StringComparison.Ordinal) && File.Exists(place) && !await WalSegment.GoesOnAsync(source, place, cancel).ConfigureAwait(false))
                {
                    continue;
                }
                await using var copy = new FileStream(place, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
                await source.CopyToAsync(copy, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Removes what no backup that is kept needs any more; how many files went.</summary>
    internal int Prune(string systemIdentifier, string oldestNeeded)
    {
        var gone = 0;
        foreach (var folder in FoldersOf(systemIdentifier))
        {
            // what is put aside grows no more, so that its last piece goes like the others
            var aside = folder != Of(systemIdentifier);
            var old = Directory.EnumerateFiles(folder).Where(f => (aside ? Whole(Path.GetFileName(f)) : Path.GetFileName(f)) is var name && IsSegment(name) && string.CompareOrdinal(name[8..], oldestNeeded[8..]) < 0).ToList();
            old.ForEach(File.Delete);
            gone += old.Count;
            if (aside && Segments(folder).Count == 0)
            {
                SnapshotFolder.RemoveTree(folder);
            }
        }
        return gone;
    }

    /// <summary>The file of WAL that the oldest backup begins with: by where it begins, since it may lie on another host. Null where no file of WAL is here to tell how large they are.</summary>
    internal string? OldestNeeded(IEnumerable<Backup> backups)
    {
        if (backups.MinBy(b => Lsn.Of(b.WalFrom)) is not { } oldest || SegmentBytes(oldest.SystemIdentifier) is not { } size)
        {
            return null;
        }
        var (begin, each) = (Lsn.Of(oldest.WalFrom) / size, (1L << 32) / size);
        return string.Create(CultureInfo.InvariantCulture, $"{oldest.Timeline ?? 1:X8}{begin / each:X8}{begin % each:X8}");
    }

    /// <summary>One that is being received has its full length from its beginning.</summary>
    private long? SegmentBytes(string server) => FoldersOf(server).SelectMany(Directory.EnumerateFiles).Where(f => IsSegment(Whole(Path.GetFileName(f))))
        .Select(f => new FileInfo(f).Length).Where(l => l >= 1 << 20 && BitOperations.IsPow2(l)).Select(l => (long?)l).FirstOrDefault();

    /// <summary>Whole or not, by their position.</summary>
    internal static IReadOnlyList<string> Segments(string folder) => !Directory.Exists(folder) ? []
        : [.. Directory.EnumerateFiles(folder).Select(f => Whole(Path.GetFileName(f))).Where(IsSegment).Distinct(StringComparer.Ordinal).OrderBy(n => n[8..], StringComparer.Ordinal)];

    /// <summary>The newest file and whether it is whole; null where there is none.</summary>
    internal static (string Name, bool Whole)? Newest(string folder) =>
        Segments(folder) is [.., var newest] ? (newest, File.Exists(Path.Combine(folder, newest))) : null;

    private IEnumerable<string> FoldersOf(string server)
    {
        var all = Path.Combine(root, FolderName);
        return Directory.Exists(all) ? Directory.EnumerateDirectories(all).Where(f => Path.GetFileName(f) is var name && (name == server || name.StartsWith(server + Before, StringComparison.Ordinal))).ToList() : [];
    }

    private static string Whole(string name) => name.EndsWith(Partial, StringComparison.Ordinal) ? name[..^Partial.Length] : name;

    private static bool IsSegment(string name) => name.Length == NameLength && name.All(c => char.IsAsciiDigit(c) || c is >= 'A' and <= 'F');

    /// <summary>Whether an archive reaches to <paramref name="newest"/> and leaves no gap before what comes after it.</summary>
    private static bool Follows(IReadOnlyList<string> there, string newest, string folder)
    {
        var size = new FileInfo(Path.Combine(folder, newest)).Length;
        return size > 0 && Number(there[0], size) <= Number(newest, size) + 1 && Number(there[^1], size) >= Number(newest, size);
    }

    private static long Number(string name, long size) =>
        long.Parse(name.AsSpan(8, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture) * ((1L << 32) / size) + long.Parse(name.AsSpan(16, 8), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
