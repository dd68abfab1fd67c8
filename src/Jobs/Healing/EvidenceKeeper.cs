using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Verification;
using static HealingWorkers.Jobs.Healing.FaultPoint;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Keeps the evidence of one attempt: a copy of the whole server where the repair may change rows, and what the repair itself names.</summary>
internal sealed class EvidenceKeeper(HealerLedgers ledgers, HealerTools tools, HealerSettings settings, FencedSession session, Fence fence, string worker)
{
    /// <summary>Without a proof, with the trouble told, when the evidence that the repair needs cannot be kept.</summary>
    public async Task<KeptEvidence> KeepAsync(Incident incident, RepairPlan plan, RehearsalCopy? toTry, CancellationToken cancel)
    {
        if (!settings.SnapshotBeforeRepair)
        {
            var waived = SnapshotProof.Waived(incident.Id);
            return new(waived, new(null, waived.Kind, null, waived.Statement));
        }
        try
        {
            var copy = await new BaseKeeper(ledgers, tools, settings, session, fence, worker).KeepAsync(incident, plan, toTry, cancel).ConfigureAwait(false);
            if (copy.Broken is { } broken)
            {
                return new(null, new(null, "none", null, broken)) { Trouble = broken };
            }
            if (copy.Restarted)
            {
                return new(null, new(copy.Snapshot, "data_directory", null, copy.Said!)) { Anew = copy.Said };
            }
            var before = new KeptBefore(ledgers.Snapshots, session, incident, tools.Snapshots.Storage);
            if (plan.KeepsOnly)
            {
                return await KeepRestAsync(incident, plan, before, copy, cancel).ConfigureAwait(false);
            }
            if (await before.FindAsync(plan, cancel).ConfigureAwait(false) is { } kept)
            {
                var told = FormattableString.Invariant($"files copied {kept.TakenAt:u}, before this attempt was put off{(copy.Said is null ? "" : $"; {copy.Said}")}");
                return new(SnapshotProof.Taken(incident.Id, kept.Id, kept.Kind, told), new(kept.Id, kept.Kind, kept.Sha256, told) { Base = await BaseAsync(copy, cancel).ConfigureAwait(false) }) { Copy = copy };
            }
            // Rows that go to quarantine are kept there whole, so that files which cannot be had do not stand in their way.
            var evidenceSuffices = plan.Derived || plan.Risk == RiskClass.Quarantining || copy.Snapshot is not null;
            var (taken, id) = await TakeAsync(incident, plan, evidenceSuffices, cancel).ConfigureAwait(false);
            await before.ThinAsync(cancel).ConfigureAwait(false);
            var said = copy.Said is null ? taken.Statement : $"{taken.Statement}; {copy.Said}";
            return new(SnapshotProof.Taken(incident.Id, id, taken.Kind, said), new(id, taken.Kind, taken.Sha256, said) { Base = await BaseAsync(copy, cancel).ConfigureAwait(false) }) { Copy = copy };
        }
        catch (HealingException e)
        {
            return new(null, new(null, "none", null, e.Message)) { Trouble = $"no snapshot, so no repair: {e.Message}. {e.Hint}" };
        }
    }

    private async Task<(TakenSnapshot Taken, long Id)> TakeAsync(Incident incident, RepairPlan plan, bool evidenceSuffices, CancellationToken cancel)
    {
        var taken = await tools.Snapshots.TakeAsync(new(session.Target, session.Facts, session.Connection, incident, incident.Attempts, plan.Relations,
            plan.Indexes.ToDictionary(i => i.Quoted, i => i.Definition, StringComparer.Ordinal), evidenceSuffices) { Pages = plan.Pages, AsRoomAllows = plan.KeepsOnly }, cancel).ConfigureAwait(false);
        tools.Faults.Hit(SnapshotWritten);
        var id = await ledgers.Snapshots.RecordAsync(new(incident.Id, incident.Attempts, taken.Kind, taken.Place, tools.Snapshots.Storage.Claim(), taken.Bytes, taken.Sha256, taken.Manifest,
            settings.KeepSnapshots), fence, CancellationToken.None).ConfigureAwait(false);
        tools.Faults.Hit(SnapshotRecorded);
        return (taken, id);
    }

    /// <summary>The oldest copy is the best of what only fades; a later attempt adds what is wanted beyond it.</summary>
    private async Task<KeptEvidence> KeepRestAsync(Incident incident, RepairPlan plan, KeptBefore before, KeptBase copy, CancellationToken cancel)
    {
        var (rest, first) = await before.RestAsync(plan, cancel).ConfigureAwait(false);
        var server = await BaseAsync(copy, cancel).ConfigureAwait(false);
        var told = first is null ? "" : FormattableString.Invariant($"copied {first.TakenAt:u} by attempt {first.Attempt}, in {first.Place}");
        if (first is not null && rest is { Relations.Count: 0, Pages.Count: 0 })
        {
            return new(SnapshotProof.Taken(incident.Id, first.Id, first.Kind, $"all of it, {told}"), new(first.Id, first.Kind, first.Sha256, told) { Base = server }) { Copy = copy };
        }
        var (taken, id) = await TakeAsync(incident, rest, evidenceSuffices: true, cancel).ConfigureAwait(false);
        var said = $"{taken.Statement}, in {taken.Place}{(first is null ? "" : $"; the rest {told}")}";
        return new(SnapshotProof.Taken(incident.Id, id, taken.Kind, said), new(id, taken.Kind, taken.Sha256, said) { Base = server }) { Copy = copy };
    }

    private async Task<ReceiptBase?> BaseAsync(KeptBase copy, CancellationToken cancel) =>
        copy.Snapshot is { } id && await ledgers.Snapshots.FindAsync(id, cancel).ConfigureAwait(false) is { } row ? new(id, row.Kind, row.Sha256) : null;
}

internal sealed record KeptEvidence(SnapshotProof? Proof, ReceiptSnapshot Snapshot)
{
    public string? Trouble { get; init; }
    /// <summary>The session of the repair is gone, and the attempt begins anew, with what is kept by now.</summary>
    public string? Anew { get; init; }
    /// <summary>The copy of the whole server; null where nobody saw to one.</summary>
    public KeptBase? Copy { get; init; }
}
