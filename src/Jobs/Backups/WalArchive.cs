using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Backups;

/// <summary>WAL that was received between backups, a directory a server.</summary>
/// <param name="root">Where backups are kept.</param>
public sealed class WalArchive(string root)
{
    internal const string FolderName = "wal";
    internal const string Partial = ".partial";
    private const int NameLength = 24;

    public string Of(string systemIdentifier) => Path.Combine(root, FolderName, systemIdentifier);

    /// <summary>Puts all WAL since a backup into a restored pg_wal.</summary>
    internal async Task BringAsync(Backup backup, string into, CancellationToken cancel)
    {
        var from = Of(backup.SystemIdentifier);
        if (!Directory.Exists(from))
        {
            throw new HealingException($"no WAL was received from the server of backup {backup.Id}, so that no later point than its own can be reached", "Set backups.wal: true for the next time.");
        }
        var first = Directory.EnumerateFiles(into).Select(f => Path.GetFileName(f)!).Where(IsSegment).Order(StringComparer.Ordinal).FirstOrDefault() ?? "";
        foreach (var file in Directory.EnumerateFiles(from).Order(StringComparer.Ordinal))
        {
            var name = Path.GetFileName(file);
            var whole = name.EndsWith(Partial, StringComparison.Ordinal) ? name[..^Partial.Length] : name;
            // the newest of the backup's own may end in the middle; that of the archive goes on
            if (whole.EndsWith(".history", StringComparison.Ordinal) || (IsSegment(whole) && string.CompareOrdinal(whole[8..], first.Length == 0 ? "" : first[8..]) >= 0))
            {
                await using var source = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                await using var copy = new FileStream(Path.Combine(into, whole), new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
                await source.CopyToAsync(copy, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Removes what no backup that is kept needs any more; how many files went.</summary>
    internal int Prune(string systemIdentifier, string oldestNeeded)
    {
        var place = Of(systemIdentifier);
        var old = !Directory.Exists(place) ? []
            : Directory.EnumerateFiles(place).Where(f => Path.GetFileName(f) is var name && IsSegment(name) && string.CompareOrdinal(name[8..], oldestNeeded[8..]) < 0).ToList();
        old.ForEach(File.Delete);
        return old.Count;
    }

    /// <summary>The file of WAL that the oldest backup begins with, as it lies in that backup itself; null where that cannot be seen.</summary>
    internal static string? OldestNeeded(IEnumerable<Backup> backups)
    {
        var oldest = backups.MinBy(b => Lsn.Parse(b.WalFrom!));
        var wal = oldest is null ? "" : Path.Combine(oldest.Place, "data", "pg_wal");
        return Directory.Exists(wal) ? Directory.EnumerateFiles(wal).Select(f => Path.GetFileName(f)!).Where(IsSegment).MinBy(n => n[8..], StringComparer.Ordinal) : null;
    }

    internal static bool IsSegment(string name) => name.Length == NameLength && name.All(c => char.IsAsciiDigit(c) || c is >= 'A' and <= 'F');
}
