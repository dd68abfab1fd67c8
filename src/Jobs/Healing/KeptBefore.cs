using System.Text.Json;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Healing;

/// <summary>
/// What the same attempt kept when it was put off: it has its number again, and may be put off for hours. Copies of files do not pile up meanwhile.
/// </summary>
internal sealed class KeptBefore(SnapshotLedger ledger, FencedSession session, Incident incident, Storage storage)
{
    private const string Files = "relation_files";

    /// <summary>A copy of the very files that the plan wants kept, for what can be built again from other data; null where they must be copied.</summary>
    public async Task<SnapshotRow?> FindAsync(RepairPlan plan, CancellationToken cancel)
    {
        if (!plan.Derived || plan.Relations.Count == 0)
        {
            return null;
        }
        var rows = await OfAttemptAsync(cancel).ConfigureAwait(false);
        if (rows.Count == 0)
        {
            return null;
        }
        var places = await RelationPlace.OfAsync(session.Connection, plan.Relations, cancel).ConfigureAwait(false);
        return rows.LastOrDefault(r => Holds(r, places));
    }

    /// <summary>What no attempt of the incident has copied yet; and the first copy, null where there is none.</summary>
    public async Task<(RepairPlan Wanted, SnapshotRow? First)> RestAsync(RepairPlan plan, CancellationToken cancel)
    {
        var rows = (await ledger.OfIncidentAsync(incident.Id, cancel).ConfigureAwait(false)).Where(s => s.RemovedAt is null && s.Kind == Files && storage.Holds(s.Host, s.Place, s.Sha256)).ToList();
        if (rows.Count == 0)
        {
            return (plan, null);
        }
        var places = await RelationPlace.OfAsync(session.Connection, plan.Relations, cancel).ConfigureAwait(false);
        return (plan with
        {
            Relations = [.. places.Where(p => !rows.Exists(r => Holds(r, [p]))).Select(p => p.Oid)],
            Pages = [.. plan.Pages.Select(w => w with { Blocks = [.. w.Blocks.Where(b => !rows.Exists(r => HoldsPage(r, WantedPages.FileOf(w.Oid, b))))] }).Where(w => w.Blocks.Count > 0)],
        }, rows[0]);
    }

    /// <summary>
    /// Rows are copied as they are now, each time. The first copy, from before anything was done, and the newest one stay; those between are told by neither a receipt nor a plan.
    /// </summary>
    public async Task ThinAsync(CancellationToken cancel)
    {
        foreach (var between in (await OfAttemptAsync(cancel).ConfigureAwait(false)).Skip(1).SkipLast(1))
        {
            try
            {
                SnapshotFolder.RemoveTree(between.Place);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // it is still in the ledger, and goes with the others when their time is over
                continue;
            }
            await ledger.RemovedAsync(between.Id, cancel).ConfigureAwait(false);
        }
    }

    private async Task<IReadOnlyList<SnapshotRow>> OfAttemptAsync(CancellationToken cancel) =>
        [.. (await ledger.OfIncidentAsync(incident.Id, cancel).ConfigureAwait(false)).Where(s => s.Attempt == incident.Attempts && storage.Holds(s.Host, s.Place, s.Sha256) && s.Kind == Files && s.RemovedAt is null)];

    private static bool Holds(SnapshotRow row, IReadOnlyList<RelationPlace> places) =>
        SnapshotManifest.Read(row.Manifest) is { } manifest && places.Count > 0 && places.All(p => manifest.Relations.Any(r => !r.Missing && (r.Oid, r.Path, r.FileNode) == (p.Oid, p.Path, p.FileNode)))
            && IsWhole(row, manifest);

    private static bool HoldsPage(SnapshotRow row, string page) => SnapshotManifest.Read(row.Manifest) is { } manifest && manifest.Files.Any(f => f.Name == page) && IsWhole(row, manifest);

    private static bool IsWhole(SnapshotRow row, SnapshotManifest manifest) =>
        File.Exists(Path.Combine(row.Place, SnapshotManifest.FileName))
            && manifest.Files.All(f => new FileInfo(Path.Combine(row.Place, f.Name)) is { Exists: true } file && file.Length == f.Bytes);
}
