using System.Globalization;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Failover;

/// <summary>Everything that must be known before a standby is promoted; looks only, and changes nothing.</summary>
internal sealed class FailoverGuard(Target target, FailoverLedger ledger)
{
    /// <summary>Damage of what rows and indexes say, which a primary writes to its log; what lies in its files alone does not come along.</summary>
    private static readonly string[] Replicated = [.. FindingKind.All.Where(k => k.IsOfData).Append(FindingKind.DuplicateKeys).Append(FindingKind.HeapXminInvalid).Append(FindingKind.HeapTupleCorrupt).Select(k => k.Name)];

    public async Task<FailoverPlan> LookAsync(string name, CancellationToken cancel)
    {
        var standby = target.Options.Standbys.FirstOrDefault(s => s.Name == name)
            ?? throw new HealingException($"{name} is no configured standby of {target.Name}", target.Options.Standbys.Count == 0 ? "it has none: targets[].standbys names them" : "there are: " + string.Join(", ", target.Options.Standbys.Select(s => s.Name)));
        var known = await ledger.TargetAsync(target.Name, cancel).ConfigureAwait(false)
            ?? throw new HealingException($"{target.Name} was never seen by a worker, so that nobody can tell whether {name} is a standby of it", "a health check must have reached it once");
        var inHand = await ledger.InHandAsync(known.Id, cancel).ConfigureAwait(false);
        var (refusals, told) = (new List<string>(), new List<string>());
        var gone = inHand is not (null or { State: "begun" }) && inHand.Standby != name && await IsGoneAsync(inHand, refusals, cancel).ConfigureAwait(false) ? inHand : null;
        if (gone is not null)
        {
            told.Add($"{gone.Standby}, which was told to promote at {gone.StartedAt:u}, cannot be reached: once the fence has cut it off, its promotion is given up for this one, and what it may have written is lost");
        }
        var before = known.Look is null ? null : TargetLook.Read(known.Look);
        var watched = before?.Watched ?? [];
        var last = watched.FirstOrDefault(w => w.Name == name);
        // the primary was asked for each of them, and some may not have answered then
        var primaryLsn = watched.Select(w => w.PrimaryLsn).Where(l => l is not null).MaxBy(Lsn.Of);
        await using var seen = StandbyTarget.Of(target, standby);
        await using var connection = await seen.OpenCheckAsync(cancel).ConfigureAwait(false);
        var look = await StandbyReader.AskAsync(connection, name, primaryLsn, cancel).ConfigureAwait(false);
        if (await OtherManagers.FindAsync(connection, [standby.DataDirectory, target.Options.DataDirectory], cancel).ConfigureAwait(false) is { } other)
        {
            refusals.Add($"{other} decides here who is primary, and two that decide are none: we only watch. Promote through it");
        }
        if (look.SystemIdentifier != known.SystemIdentifier || (await seen.FactsAsync(cancel).ConfigureAwait(false)).Id.DatabaseOid != known.DatabaseOid)
        {
            refusals.Add($"it is no standby of {target.Name}: its system identifier is {look.SystemIdentifier}, that of the target {known.SystemIdentifier}, or the database is another one");
        }
        var ours = inHand is { State: "promoting" or "promoted" } && inHand.Standby == name;
        if (!look.InRecovery && !ours)
        {
            refusals.Add("it is not in recovery: there is nothing to promote");
        }
        if (look is { InRecovery: true, ReplayPaused: true })
        {
            refusals.Add("its replay is paused: pg_wal_replay_resume() lets it go on; where it pauses again, its log names the setting that is too small");
        }
        var newest = Math.Max(watched.Max(w => w.PrimaryTimeline) ?? 0, await ledger.NewestTimelineAsync(known.Id, cancel).ConfigureAwait(false) ?? 0);
        if (look is { InRecovery: true, Timeline: { } here } && here < newest)
        {
            refusals.Add(string.Create(CultureInfo.InvariantCulture, $"it is on timeline {here}, and the primary was on {newest}: it has not followed"));
        }
        await IncidentsAsync(known, name, refusals, told, cancel).ConfigureAwait(false);
        var others = await OthersAsync(name, primaryLsn, cancel).ConfigureAwait(false);
        var looks = others.Select(o => o.Look).ToList();
        var lost = LostOf(known, last, primaryLsn, look, looks);
        if (look.InRecovery)
        {
            Lag(look, looks, lost, refusals, told);
        }
        var done = ours && !look.InRecovery;
        var old = new OldPrimarySeen(look, done ? [] : await HostsAsync(connection, StandbyOf(gone), cancel).ConfigureAwait(false), others, before?.DirectorySince);
        refusals.AddRange(old.TakesWrites);
        return new() { Target = target.Name, Standby = look, Refusals = refusals, Told = told, Unfenced = done ? null : old.Unfenced, Lost = lost, Known = known, Gone = gone, Suspects = old.Suspects };
    }

    /// <summary>Every address where the old primary may be, but for this standby's own.</summary>
    public async Task<IReadOnlyList<HostSeen>> HostsAsync(NpgsqlConnection standby, StandbyOptions? promoted, CancellationToken cancel)
    {
        var self = await OldPrimary.WhoAsync(standby, cancel).ConfigureAwait(false);
        return [.. (await OldPrimary.AskAsync(target.Options, promoted, cancel).ConfigureAwait(false)).Where(h => h.Server?.IsThatOf(self) != true)];
    }

    /// <summary>One that was told to promote may be a primary: it is left only where no address of it answers, and then the fence must cut it off as well.</summary>
    public async Task<bool> IsGoneAsync(FailoverRow row, List<string> refusals, CancellationToken cancel)
    {
        if (StandbyOf(row) is not { } standby)
        {
            refusals.Add($"a promotion of {row.Standby} is in hand since {row.StartedAt:u}, and targets[].standbys does not name it any more, so that nobody can ask it or cut it off: name it again");
            return false;
        }
        var answers = (await OldPrimary.AskAsync(new TargetOptions { Name = target.Name, Connection = standby.Connection }, null, cancel).ConfigureAwait(false)).FirstOrDefault(h => h.State != HostState.Away);
        if (answers is not null)
        {
            refusals.Add($"a promotion of {row.Standby} is in hand since {row.StartedAt:u}, and it {answers.Said}: finish it with --to {row.Standby}");
        }
        return answers is null;
    }

    public StandbyOptions? StandbyOf(FailoverRow? row) => row is null ? null : target.Options.Standbys.FirstOrDefault(s => s.Name == row.Standby);

    private async Task IncidentsAsync(FailoverTarget known, string name, List<string> refusals, List<string> told, CancellationToken cancel)
    {
        var open = await ledger.IncidentsAsync(known.Id, name, Replicated, cancel).ConfigureAwait(false);
        refusals.AddRange(open.Where(i => i is { Own: true, Suppressed: false }).Select(i => string.Create(CultureInfo.InvariantCulture, $"incident {i.Id} is open: {i.Kind} on {i.Object}")));
        told.AddRange(open.Where(i => i is { Own: true, Suppressed: true }).Select(i => string.Create(CultureInfo.InvariantCulture, $"careful: incident {i.Id} of this standby ({i.Kind} on {i.Object}) is suppressed, so that it refuses nothing; what was found there is as it was, and becomes everybody's")));
        told.AddRange(open.Where(i => !i.Own).Select(i => string.Create(CultureInfo.InvariantCulture, $"incident {i.Id} of the primary ({i.Kind} on {i.Object}) came along by replication, and will be found here as well")));
        told.Add(known.RowsLookedAt is { } at ? $"the standbys were last checked for damage at {at:u}" : "the standbys were never checked for damage (standby_rows)");
    }

    private async Task<IReadOnlyList<OtherStandby>> OthersAsync(string name, string? primaryLsn, CancellationToken cancel)
    {
        var looks = new List<OtherStandby>();
        foreach (var other in target.Options.Standbys.Where(s => s.Name != name))
        {
            await using var seen = StandbyTarget.Of(target, other);
            try
            {
                await using var connection = await seen.OpenCheckAsync(cancel).ConfigureAwait(false);
                looks.Add(new(await StandbyReader.AskAsync(connection, other.Name, primaryLsn, cancel).ConfigureAwait(false), await OldPrimary.WhoAsync(connection, cancel).ConfigureAwait(false)));
            }
            catch (Exception e) when (e is HealingException or NpgsqlException)
            {
                looks.Add(new(new() { Name = other.Name, Problem = Redactor.Text(e.Message) }, null));
            }
        }
        return looks;
    }

    private void Lag(StandbyLook look, IReadOnlyList<StandbyLook> others, LostWal lost, List<string> refusals, List<string> told)
    {
        var bound = target.Options.Failover.LagUpTo;
        if (look.MissingBytes is not { } missing)
        {
            refusals.Add("nobody knows how far the primary was when it was last seen, so that failover.lag_up_to cannot be held");
        }
        else if (missing > bound)
        {
            refusals.Add(string.Create(CultureInfo.InvariantCulture, $"it lacks at least {missing} bytes of WAL that the primary had at {lost.AskedAt:u}; failover.lag_up_to allows {bound}"));
        }
        foreach (var other in others.Where(o => o is { Problem: null, InRecovery: true } && o.SystemIdentifier == look.SystemIdentifier))
        {
            var ahead = Lsn.Of(other.ReceivedLsn) - Lsn.Of(look.ReceivedLsn);
            if (ahead > bound)
            {
                refusals.Add(string.Create(CultureInfo.InvariantCulture, $"standby {other.Name} has received {ahead} bytes more; failover.lag_up_to allows {bound}"));
            }
            else if (ahead > 0)
            {
                told.Add(string.Create(CultureInfo.InvariantCulture, $"standby {other.Name} has received {ahead} bytes more: less is lost with --to {other.Name}"));
            }
        }
        foreach (var other in others.Where(o => o is { Problem: null, InRecovery: false }))
        {
            refusals.Add($"standby {other.Name} is not in recovery and takes writes of its own");
        }
        told.Add($"lost: {lost.Said}");
    }

    /// <summary>Only what is known: a primary that cannot be asked may have written more since the last look.</summary>
    private static LostWal LostOf(FailoverTarget known, StandbyLook? last, string? primaryLsn, StandbyLook look, IReadOnlyList<StandbyLook> others)
    {
        var ahead = others.All(o => o.Problem is null && Lsn.Of(o.ReceivedLsn) <= Lsn.Of(look.ReceivedLsn));
        var quorum = last?.Sync == "quorum";
        if (ahead && last?.Sync is "sync" or "quorum")
        {
            return new(0, $"nothing that was committed with synchronous_commit on: commits waited for {(quorum ? "a quorum" : "this standby")} when it was last looked at, and no other standby has received more ({known.LookedAt:u})")
            {
                PrimaryLsn = primaryLsn, AskedAt = known.LookedAt, Synchronous = true,
            };
        }
        return new(null, primaryLsn is null ? "unknown: nobody knows how far the primary was"
            : string.Create(CultureInfo.InvariantCulture, $"unknown: the primary was at {primaryLsn} when it was last asked ({known.LookedAt:u}), {look.MissingBytes ?? 0} bytes of which are missing here; what it wrote after that nobody knows"))
        {
            PrimaryLsn = primaryLsn, AskedAt = primaryLsn is null ? null : known.LookedAt,
        };
    }
}
