using Dapper;
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
    private const string Catalog = "pg_catalog.";
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
                    var stopped = new WantedBase(kind, Everything);
                    return plan.StopsServer ? await ForeseeAsync(incident, stopped, cancel).ConfigureAwait(false)
                        : await TakeOrShareAsync(incident, stopped, cancel).ConfigureAwait(false);
                }
                catch (HealingException e) when (session.Connection.FullState == System.Data.ConnectionState.Open)
                {
                    // the server was not touched: a copy of it while it runs is the next best
                    var running = await TakeOrShareAsync(incident, new(BaseSnapshot.BaseBackup, Everything), cancel).ConfigureAwait(false);
                    return running with { Said = $"{running.Said} (no data_directory: {e.Message})" };
                }
            }
            var online = new WantedBase(kind, onlyToTry && toTry!.Bound.Most < Everything.Most ? toTry.Bound : Everything) { Anew = toTry?.Anew == true };
            try
            {
                return await TakeOrShareAsync(incident, online, cancel).ConfigureAwait(false);
            }
            catch (HealingException e) when (!onlyToTry && !online.Anew)
            {
                if (await MayCopyAsync(cancel).ConfigureAwait(false))
                {
                    throw;
                }
                return await StoppedAsync(incident, e, cancel).ConfigureAwait(false);
            }
        }
        catch (HealingException e) when (session.Connection.FullState != System.Data.ConnectionState.Open)
        {
            return new(null, null) { Broken = $"the server was stopped for a copy of it, which could not be made: {e.Message}. {e.Hint}" };
        }
        catch (HealingException e) when (onlyToTry || settings.Snapshots.BaseBackup != BaseBackupRule.Required)
        {
            return new(null, $"no {kind.Name()}: {e.Message}");
        }
    }

    /// <summary>For a role that may not copy the server while it runs.</summary>
    private async Task<KeptBase> StoppedAsync(Incident incident, HealingException online, CancellationToken cancel)
    {
        try
        {
            var stopped = await TakeOrShareAsync(incident, new(BaseSnapshot.DataDirectory, Everything) { OnlyInWindow = true }, cancel).ConfigureAwait(false);
            return stopped with { Said = $"{stopped.Said} ({online.Message})" };
        }
        catch (HealingException e)
        {
            throw e.Message == online.Message ? online : new HealingException($"{online.Message}; {e.Message}", online.Hint, e);
        }
    }

    /// <summary>The repair stops the server: what can be known of a copy is looked at now, and it is made then.</summary>
    private async Task<KeptBase> ForeseeAsync(Incident incident, WantedBase wanted, CancellationToken cancel)
    {
        if (await SharedAsync(incident, wanted, cancel).ConfigureAwait(false) is { } shared)
        {
            return shared;
        }
        var request = Request(incident, wanted, "", await WhyNotStopAsync(wanted, cancel).ConfigureAwait(false));
        var places = await tools.Snapshots.Bases.ForeseeAsync(request, cancel).ConfigureAwait(false);
        return new(null, null) { WhileStopped = token => WhileStoppedAsync(incident, wanted, request, places, token) };
    }

    /// <summary>Without a snapshot, with the trouble told, where it cannot be made after all.</summary>
    private async Task<KeptBase> WhileStoppedAsync(Incident incident, WantedBase wanted, BaseRequest request, ServerPlaces places, CancellationToken cancel)
    {
        using var end = StopAtMost() is { } most ? new CancellationTokenSource(most > TimeSpan.Zero ? most : TimeSpan.Zero, tools.Clock) : new();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, end.Token);
        try
        {
            var lease = await ledgers.Leases.TakeAsync(Lease.OfBase(Server, Storage), worker, incident.Id, settings.Lease, cancel).ConfigureAwait(false)
                ?? throw new HealingException("another worker copies this server right now", "It is tried again with the next attempt.");
            return await HoldAsync(wanted, lease, async held =>
            {
                var taken = await tools.Snapshots.Bases.TakeStoppedAsync(request with { Name = NameOf(lease) }, places, held).ConfigureAwait(false);
                return await RecordAsync(incident, wanted.Kind, taken).ConfigureAwait(false);
            }, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return new(null, $"no {wanted.Kind.Name()}: the maintenance window ended before it was made");
        }
        catch (Exception e) when (e is HealingException or Npgsql.NpgsqlException or TimeoutException or IOException or UnauthorizedAccessException && !cancel.IsCancellationRequested)
        {
            return new(null, $"no {wanted.Kind.Name()}: {e.Message}");
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
        HoldAsync(wanted, lease, async held => await SharedAsync(incident, wanted, held).ConfigureAwait(false) ?? await TakeAsync(incident, wanted, lease, held).ConfigureAwait(false), cancel);

    private Task<KeptBase> HoldAsync(WantedBase wanted, Lease lease, Func<CancellationToken, Task<KeptBase>> work, CancellationToken cancel) =>
        LeaseKeeper.HoldAsync(ledgers.Leases, lease, settings.Lease, tools.Clock, work,
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
        var whyNot = wanted.Kind == BaseSnapshot.DataDirectory ? await WhyNotStopAsync(wanted, cancel).ConfigureAwait(false) ?? await WhyNotRestartAsync(incident, cancel).ConfigureAwait(false) : null;
        var request = Request(incident, wanted, NameOf(lease), whyNot) with { StopAtMost = StopAtMost() };
        var kept = await RecordAsync(incident, wanted.Kind, await tools.Snapshots.Bases.TakeAsync(request, wanted.Kind, cancel).ConfigureAwait(false)).ConfigureAwait(false);
        return kept with { Restarted = wanted.Kind == BaseSnapshot.DataDirectory };
    }

    /// <summary>Null where no window bounds it.</summary>
    private TimeSpan? StopAtMost() => settings is { NeverWait: true, ApproveAll: true } ? null
        : MaintenanceWindow.Parse(session.Target.Options.MaintenanceWindow)?.EndOf(tools.Clock.GetUtcNow()) - tools.Clock.GetUtcNow();

    private string NameOf(Lease lease) => $"{Server}-{lease.Token}";

    private BaseRequest Request(Incident incident, WantedBase wanted, string name, string? whyNotStop) =>
        new(session.Target, session.Facts, session.Connection, incident, incident.Attempts, name, settings.Programs, wanted.Bound.Most) { MostKey = wanted.Bound.Key, WhyNotStop = whyNotStop };

    /// <summary>What lies there whole is told to the ledger, whatever else is to stop.</summary>
    private async Task<KeptBase> RecordAsync(Incident incident, BaseSnapshot kind, TakenBase taken)
    {
        var id = await ledgers.Snapshots.RecordAsync(new(incident.Id, incident.Attempts, kind.Name(), taken.Place, Storage, taken.Bytes, taken.Sha256, taken.Manifest, settings.KeepSnapshots), fence, CancellationToken.None).ConfigureAwait(false);
        return new(id, $"{kind.Name()} {id} by {taken.Way} in {taken.Place}") { IsFresh = true };
    }

    private async Task<string?> WhyNotStopAsync(WantedBase wanted, CancellationToken cancel) =>
        (wanted.OnlyInWindow || settings is not { NeverWait: true, ApproveAll: true }) && MaintenanceWindow.Parse(session.Target.Options.MaintenanceWindow)?.EndOf(tools.Clock.GetUtcNow()) is null
            ? "the server is stopped only within a maintenance window"
            : await ledgers.Snapshots.IsOnAsync(session.Connection, cancel).ConfigureAwait(false) ? "the control database is on that very server" : null;

    /// <summary>A server that runs keeps much of its catalogue in memory; one that begins anew reads it from disk.</summary>
    private async Task<string?> WhyNotRestartAsync(Incident incident, CancellationToken cancel) =>
        (await ledgers.Incidents.ListAsync(new() { TargetId = incident.TargetId, OpenOnly = true, Search = Catalog, Limit = 1000 }, cancel).ConfigureAwait(false))
            .FirstOrDefault(i => i is { Severity: Severity.Critical, Kind.IsOfData: false } && i.Object.Quoted.StartsWith(Catalog, StringComparison.Ordinal)) is { } damaged
            ? $"{damaged.Object.Quoted} is damaged (incident {damaged.Id}), and a server that is started with that may let nobody in" : null;

    private Task<bool> MayCopyAsync(CancellationToken cancel) =>
        session.Connection.ExecuteScalarAsync<bool>(new CommandDefinition(Sql.Of<RelationPlace>("may_copy"), cancellationToken: cancel));
}

/// <param name="Snapshot">Its id in the ledger; null when there is none.</param>
/// <param name="Said">What the receipt says of it; null when none was wanted.</param>
internal sealed record KeptBase(long? Snapshot, string? Said)
{
    /// <summary>The server was stopped for it, and with it the session of the repair ended.</summary>
    public bool Restarted { get; init; }
    /// <summary>Why the server was stopped for nothing: it is not stopped for that again before a person has looked.</summary>
    public string? Broken { get; init; }
    /// <summary>Taken for this very attempt, just now.</summary>
    public bool IsFresh { get; init; }
    /// <summary>Makes it, once the repair has stopped the server.</summary>
    public Func<CancellationToken, Task<KeptBase>>? WhileStopped { get; init; }
}

internal sealed record WantedBase(BaseSnapshot Kind, CopyBound Bound)
{
    /// <summary>None that is there already will do.</summary>
    public bool Anew { get; init; }
    /// <summary>Nobody asked for the server to be stopped, so that even in the foreground a window must be open.</summary>
    public bool OnlyInWindow { get; init; }
}

/// <summary>A larger server is not copied, by that key.</summary>
internal sealed record CopyBound(long Most, string Key);

/// <summary>The copy that a repair is to be tried on, also where it would need none; that bound is for a copy which is taken for this alone.</summary>
internal sealed record RehearsalCopy(CopyBound Bound)
{
    /// <summary>One that was there already was tried, and did not give a yes.</summary>
    public bool Anew { get; init; }
}
