using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Sees to the copy of the whole server that an attempt wants: a young one is shared, and only one worker at a time takes one.</summary>
internal sealed class BaseKeeper(HealerLedgers ledgers, HealerTools tools, HealerSettings settings, FencedSession session, Fence fence, string worker)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    /// <summary>The place in which copies lie; one worker at a time copies a server to it.</summary>
    private string Storage => tools.Snapshots.Storage.Claim();

    private string Server => session.Facts.Id.SystemIdentifier;
    private CopyBound Everything => new(settings.Snapshots.BaseBackupUpTo, "snapshots.base_backup_up_to");

    /// <summary>Throws <see cref="HealingException"/> where there must be one and can be none.</summary>
    /// <param name="toTry">The repair is to be tried on the copy; null: it is not.</param>
    public async Task<KeptBase> KeepAsync(Incident incident, RepairPlan plan, RehearsalCopy? toTry, CancellationToken cancel)
    {
        var needed = plan.Base ?? (plan.Risk is RiskClass.Quarantining or RiskClass.Manual ? BaseSnapshot.BaseBackup : BaseSnapshot.None);
        var onlyToTry = needed == BaseSnapshot.None && toTry is not null;
        var kind = onlyToTry ? BaseSnapshot.BaseBackup : needed;
        if (kind == BaseSnapshot.None || plan.Steps.Count == 0)
        {
            return new(null, null);
        }
        if (settings.Snapshots.BaseBackup == BaseBackupRule.Never)
        {
            return new(null, $"no {kind.Name()}: snapshots.base_backup is never");
        }
        try
        {
            if (kind == BaseSnapshot.DataDirectory)
            {
                try
                {
                    return await TakeOrShareAsync(incident, new(kind, Everything), cancel).ConfigureAwait(false);
                }
                catch (HealingException e) when (session.Connection.FullState == System.Data.ConnectionState.Open)
                {
                    // the server was not touched: a copy of it while it runs is the next best
                    var online = await TakeOrShareAsync(incident, new(BaseSnapshot.BaseBackup, Everything), cancel).ConfigureAwait(false);
                    return online with { Said = $"{online.Said} (no data_directory: {e.Message})" };
                }
            }
            return await TakeOrShareAsync(incident, new(kind, onlyToTry && toTry!.Bound.Most < Everything.Most ? toTry.Bound : Everything) { Anew = toTry?.Anew == true }, cancel).ConfigureAwait(false);
        }
        catch (HealingException e) when (onlyToTry || settings.Snapshots.BaseBackup != BaseBackupRule.Required)
        {
            return new(null, $"no {kind.Name()}: {e.Message}");
        }
    }

    private async Task<KeptBase> TakeOrShareAsync(Incident incident, WantedBase wanted, CancellationToken cancel)
    {
        while (true)
        {
            if (await SharedAsync(incident, wanted, cancel).ConfigureAwait(false) is { } shared)
            {
                return shared;
            }
            if (await ledgers.Leases.TakeAsync(Lease.OfBase(Server, Storage), worker, incident.Id, settings.Lease, cancel).ConfigureAwait(false) is { } lease)
            {
                return await UnderLeaseAsync(incident, wanted, lease, cancel).ConfigureAwait(false);
            }
            // somebody takes one right now, and mostly it will do for us as well
            await Task.Delay(Pause, tools.Clock, cancel).ConfigureAwait(false);
        }
    }

    private Task<KeptBase> UnderLeaseAsync(Incident incident, WantedBase wanted, Lease lease, CancellationToken cancel) =>
        LeaseKeeper.HoldAsync(ledgers.Leases, lease, settings.Lease, tools.Clock,
            async held => await SharedAsync(incident, wanted, held).ConfigureAwait(false) ?? await TakeAsync(incident, wanted, lease, held).ConfigureAwait(false),
            e => new HealingException($"the {wanted.Kind.Name()} was broken off: the control database did not answer in time", "It is tried again with the next attempt.", e), cancel);

    private async Task<KeptBase?> SharedAsync(Incident incident, WantedBase wanted, CancellationToken cancel)
    {
        if (wanted.Anew)
        {
            return null;
        }
        var kind = wanted.Kind;
        var found = await ledgers.Snapshots.ShareableAsync(Server, Storage, kind.Name(), incident.Id, settings.Snapshots.ShareFor, cancel).ConfigureAwait(false);
        if (found is null || !File.Exists(Path.Combine(found.Place, SnapshotManifest.FileName)))
        {
            return null;
        }
        if (found.IncidentId == incident.Id)
        {
            return new(found.Id, $"{kind.Name()} {found.Id} of {found.TakenAt:u} in {found.Place}");
        }
        return await ledgers.Snapshots.ShareAsync(found, incident.Id, incident.Attempts, settings.KeepSnapshots, fence, cancel).ConfigureAwait(false) is { } id
            ? new(id, $"{kind.Name()} {id} of {found.TakenAt:u} in {found.Place}, shared with incident {found.IncidentId}") : null;
    }

    private async Task<KeptBase> TakeAsync(Incident incident, WantedBase wanted, Lease lease, CancellationToken cancel)
    {
        var kind = wanted.Kind;
        var request = new BaseRequest(session.Target, session.Facts, session.Connection, incident, incident.Attempts, $"{Server}-{lease.Token}", settings.Programs, wanted.Bound.Most)
        {
            MostKey = wanted.Bound.Key,
            WhyNotStop = kind == BaseSnapshot.DataDirectory ? await WhyNotStopAsync(cancel).ConfigureAwait(false) : null,
        };
        var taken = await tools.Snapshots.Bases.TakeAsync(request, kind, cancel).ConfigureAwait(false);
        var id = await ledgers.Snapshots.RecordAsync(new(incident.Id, incident.Attempts, kind.Name(), taken.Place, Storage, taken.Bytes, taken.Sha256, taken.Manifest, settings.KeepSnapshots), fence, cancel).ConfigureAwait(false);
        return new(id, $"{kind.Name()} {id} by {taken.Way} in {taken.Place}") { Restarted = kind == BaseSnapshot.DataDirectory, IsFresh = true };
    }

    private async Task<string?> WhyNotStopAsync(CancellationToken cancel) =>
        !(settings is { NeverWait: true, ApproveAll: true }) && MaintenanceWindow.Parse(session.Target.Options.MaintenanceWindow)?.EndOf(tools.Clock.GetUtcNow()) is null
            ? "the server is stopped only within a maintenance window"
            : await ledgers.Snapshots.IsOnAsync(session.Connection, cancel).ConfigureAwait(false) ? "the control database is on that very server" : null;
}

/// <param name="Snapshot">Its id in the ledger; null when there is none.</param>
/// <param name="Said">What the receipt says of it; null when none was wanted.</param>
internal sealed record KeptBase(long? Snapshot, string? Said)
{
    /// <summary>The server was stopped for it, and with it the session of the repair ended.</summary>
    public bool Restarted { get; init; }
    /// <summary>Taken for this very attempt, just now.</summary>
    public bool IsFresh { get; init; }
}

internal sealed record WantedBase(BaseSnapshot Kind, CopyBound Bound)
{
    /// <summary>None that is there already will do.</summary>
    public bool Anew { get; init; }
}

/// <summary>A larger server is not copied, by that key.</summary>
internal sealed record CopyBound(long Most, string Key);

/// <summary>The copy that a repair is to be tried on, also where it would need none; that bound is for a copy which is taken for this alone.</summary>
internal sealed record RehearsalCopy(CopyBound Bound)
{
    /// <summary>One that was there already was tried, and did not give a yes.</summary>
    public bool Anew { get; init; }
}
