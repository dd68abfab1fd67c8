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
    private static readonly string Host = Environment.MachineName;

    private string Server => session.Facts.Id.SystemIdentifier;

    /// <summary>Throws <see cref="HealingException"/> where there must be one and can be none.</summary>
    public async Task<KeptBase> KeepAsync(Incident incident, RepairPlan plan, CancellationToken cancel)
    {
        var kind = plan.Base ?? (plan.Risk is RiskClass.Quarantining or RiskClass.Manual ? BaseSnapshot.BaseBackup : BaseSnapshot.None);
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
                    return await TakeOrShareAsync(incident, kind, cancel).ConfigureAwait(false);
                }
                catch (HealingException e) when (session.Connection.FullState == System.Data.ConnectionState.Open)
                {
                    // the server was not touched: a copy of it while it runs is the next best
                    var online = await TakeOrShareAsync(incident, BaseSnapshot.BaseBackup, cancel).ConfigureAwait(false);
                    return online with { Said = $"{online.Said} (no data_directory: {e.Message})" };
                }
            }
            return await TakeOrShareAsync(incident, kind, cancel).ConfigureAwait(false);
        }
        catch (HealingException e) when (settings.Snapshots.BaseBackup != BaseBackupRule.Required)
        {
            return new(null, $"no {kind.Name()}: {e.Message}");
        }
    }

    private async Task<KeptBase> TakeOrShareAsync(Incident incident, BaseSnapshot kind, CancellationToken cancel)
    {
        while (true)
        {
            if (await SharedAsync(incident, kind, cancel).ConfigureAwait(false) is { } shared)
            {
                return shared;
            }
            if (await ledgers.Leases.TakeAsync(Lease.OfBase(Server, Host), worker, incident.Id, settings.Lease, cancel).ConfigureAwait(false) is { } lease)
            {
                return await UnderLeaseAsync(incident, kind, lease, cancel).ConfigureAwait(false);
            }
            // somebody takes one right now, and it will do for us as well
            await Task.Delay(Pause, tools.Clock, cancel).ConfigureAwait(false);
        }
    }

    private async Task<KeptBase> UnderLeaseAsync(Incident incident, BaseSnapshot kind, Lease lease, CancellationToken cancel)
    {
        var keeper = new LeaseKeeper(ledgers.Leases, lease, settings.Lease, tools.Clock, cancel);
        try
        {
            return await SharedAsync(incident, kind, keeper.Token).ConfigureAwait(false) ?? await TakeAsync(incident, kind, lease, keeper.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (keeper.Lost && !cancel.IsCancellationRequested)
        {
            throw new HealingException($"the {kind.Name()} was broken off: the control database did not answer in time", "It is tried again with the next attempt.", e);
        }
        finally
        {
            await keeper.DisposeAsync().ConfigureAwait(false);
            if (!keeper.Lost)
            {
                await ledgers.Leases.ReleaseAsync(lease, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    private async Task<KeptBase?> SharedAsync(Incident incident, BaseSnapshot kind, CancellationToken cancel)
    {
        var found = await ledgers.Snapshots.ShareableAsync(Server, Host, kind.Name(), incident.Id, settings.Snapshots.ShareFor, cancel).ConfigureAwait(false);
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

    private async Task<KeptBase> TakeAsync(Incident incident, BaseSnapshot kind, Lease lease, CancellationToken cancel)
    {
        var request = new BaseRequest(session.Target, session.Facts, session.Connection, incident, incident.Attempts, $"{Server}-{lease.Token}", settings.Programs, settings.Snapshots.BaseBackupUpTo)
        {
            WhyNotStop = kind == BaseSnapshot.DataDirectory ? await WhyNotStopAsync(cancel).ConfigureAwait(false) : null,
        };
        var taken = await tools.Snapshots.Bases.TakeAsync(request, kind, cancel).ConfigureAwait(false);
        var id = await ledgers.Snapshots.RecordAsync(new(incident.Id, incident.Attempts, kind.Name(), taken.Place, Host, taken.Bytes, taken.Sha256, taken.Manifest, settings.KeepSnapshots), fence, cancel).ConfigureAwait(false);
        return new(id, $"{kind.Name()} {id} by {taken.Way} in {taken.Place}") { Restarted = kind == BaseSnapshot.DataDirectory };
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
}
