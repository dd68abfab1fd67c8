using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Makes a data directory of a copy that is kept, by the very text that a person would run, without starting it.</summary>
internal static class RestoredFiles
{
    public static async Task MakeAsync(string copy, string data, CancellationToken cancel)
    {
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HERE"] = copy, ["NO_START"] = "yes", ["OWNER"] = LocalOwner.Current?.Name ?? LocalOwner.Usual };
        var (code, said) = await Programs.RunTiedAsync(["/bin/sh", "-c", BaseSnapshotTaker.Script("", LocalOwner.Usual), "sh", data], environment, cancel).ConfigureAwait(false);
        if (code != 0)
        {
            throw new HealingException($"{copy} could not be restored to {data}: {ByPgBasebackup.Words(said)}", "See that there is room, and that the directory is empty.");
        }
    }

    /// <summary>All of it for the server's user, after something was added.</summary>
    public static async Task OwnAsync(string directory, CancellationToken cancel)
    {
        if (LocalOwner.Current is { } owner)
        {
            var (code, said) = await Programs.RunTiedAsync(["chown", "-R", owner.Name, directory], new Dictionary<string, string>(StringComparer.Ordinal), cancel).ConfigureAwait(false);
            if (code != 0)
            {
                throw new HealingException($"{directory} could not be given to {owner.Name}: {ByPgBasebackup.Words(said)}", "Let root, or the server's user, restore.");
            }
        }
    }
}
