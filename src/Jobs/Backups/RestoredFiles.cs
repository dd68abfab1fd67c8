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
}
