using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Where disposable servers live on this host, each in a folder of its own with a note whose it is.</summary>
/// <param name="programs">Where PostgreSQL's programs are, by configuration; may be empty.</param>
/// <param name="freeSpace">Free bytes on the disk of a directory.</param>
public sealed class CloneHouse(string root, string programs, string worker, TimeProvider clock, Func<string, long> freeSpace)
{
    private const long Reserve = 256L << 20;
    private const UnixFileMode Passable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    public string Root => root;

    public static CloneHouse Of(HealingOptions options, string worker, TimeProvider clock) =>
        new(Path.Combine(Path.GetFullPath(options.StateDirectory), "clones"), options.Control.PostgresDirectory, worker, clock, FreeSpace);

    /// <summary>Throws where a server of that version cannot be run here.</summary>
    public async Task RequireProgramsAsync(int major, CancellationToken cancel)
    {
        foreach (var program in new[] { "postgres", "pg_controldata" })
        {
            await Clone.ProgramAsync(program, major, programs, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>An empty folder that goes with what is returned. Throws where there is no room for so many bytes, or the server's user cannot get there.</summary>
    public async Task<Clone> MakeAsync(string purpose, long bytes, CancellationToken cancel)
    {
        Directory.CreateDirectory(root);
        File.SetUnixFileMode(root, Passable);
        await LocalOwner.CheckReachAsync(root, cancel).ConfigureAwait(false);
        var needed = bytes + bytes / 10 + Reserve;
        if (freeSpace(root) is var free && free < needed)
        {
            throw new HealingException($"no room for a copy of the server in {root}: {needed >> 20} MB are needed and {free >> 20} MB are free", "Free space there, or set state_directory to a larger disk.");
        }
        var folder = Path.Combine(root, $"{purpose}-{Guid.NewGuid():N}"[..Math.Min(purpose.Length + 13, 40)]);
        Directory.CreateDirectory(folder);
        var clone = new Clone(folder, programs, CloneMarker.Own(worker, purpose, clock.GetUtcNow()), clock);
        try
        {
            await clone.PrepareAsync(cancel).ConfigureAwait(false);
            return clone;
        }
        catch
        {
            await clone.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends and removes what processes left that are no more. Returns what went, and throws nothing for what could not go: the next sweep tries again.</summary>
    public async Task<IReadOnlyList<string>> SweepAsync(CancellationToken cancel)
    {
        var gone = new List<string>();
        if (!Directory.Exists(root))
        {
            return gone;
        }
        foreach (var folder in Directory.EnumerateDirectories(root).ToList())
        {
            // a folder without a note is one whose maker died before it could write it, or is just about to
            var used = CloneMarker.Read(folder) is { } marker ? marker.IsInUse(clock.GetUtcNow())
                : clock.GetUtcNow() - new DateTimeOffset(Directory.GetLastWriteTimeUtc(folder)) < TimeSpan.FromMinutes(1);
            if (!used && await RemoveAsync(folder, clock, cancel).ConfigureAwait(false))
            {
                gone.Add(folder);
            }
        }
        return gone;
    }

    /// <summary>False where something could not be removed.</summary>
    internal static async Task<bool> RemoveAsync(string folder, TimeProvider clock, CancellationToken cancel)
    {
        await new LocalServer(Path.Combine(folder, "data")).EndAsync(clock, cancel).ConfigureAwait(false);
        try
        {
            SnapshotFolder.RemoveTree(SocketPlace.PlaceFor(folder));
            SnapshotFolder.RemoveTree(folder);
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static long FreeSpace(string directory) => new DriveInfo(directory).AvailableFreeSpace;
}
