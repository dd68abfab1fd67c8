using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Backups;

/// <summary>A disk that would become too full is seen before anything is written to it.</summary>
internal static class BackupRoom
{
    private const long Reserve = 256L << 20;

    /// <summary>A tenth more than there is now, since it goes on growing while it is copied, and something for everybody else on that disk.</summary>
    public static string? WhyNot(BackupRequest request, long bytes)
    {
        var root = Path.GetDirectoryName(request.Place)!;
        var needed = bytes + bytes / 10 + Reserve;
        return request.FreeSpace(Existing(root)) is var free && free < needed
            ? $"no room for a backup of {request.Target.Name} in {root}: {needed >> 20} MB are needed, {free >> 20} MB are free" : null;
    }

    public static void Require(BackupRequest request, long bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(request.Place)!);
        if (WhyNot(request, bytes) is { } no)
        {
            throw new HealingException($"{no}; nothing was begun", "Free space there, keep fewer (backups.keep), or set backups.directory to a larger disk.");
        }
    }

    /// <summary>A dry run makes no directory.</summary>
    private static string Existing(string directory)
    {
        var place = directory;
        while (!Directory.Exists(place) && Path.GetDirectoryName(place) is { Length: > 0 } above)
        {
            place = above;
        }
        return place;
    }
}
