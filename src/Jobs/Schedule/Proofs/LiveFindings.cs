using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using Npgsql;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>What live pages say of those that are damaged in a backup, database by database. One of a catalogue that all databases share is told once, by the first that answers.</summary>
internal sealed class LiveFindings(TargetSet targets, Backup backup, ProofReport report)
{
    private List<BadCopiedPage> _shared = [.. Bad(report).Where(p => p.IsShared)];

    public async Task<IReadOnlyList<Finding>> OfAsync(ProofTarget known, CancellationToken cancel)
    {
        List<BadCopiedPage> pages = [.. _shared, .. Bad(report).Where(p => !p.IsShared && p.Database == known.Database)];
        if (pages.Count == 0 || targets.Find(known.Name) is not { } target)
        {
            return [];
        }
        try
        {
            var found = await new LivePages(target).LookAsync(backup.Id, pages, cancel).ConfigureAwait(false);
            _shared = [];
            return found;
        }
        catch (Exception e) when (e is HealingException or NpgsqlException)
        {
            // it is away, which is told elsewhere; that the backup is damaged is told as well
            return [];
        }
    }

    /// <summary>Those that belong to something.</summary>
    private static IEnumerable<BadCopiedPage> Bad(ProofReport report) => report.Pages?.Bad.Where(p => p.Oid != 0) ?? [];
}
