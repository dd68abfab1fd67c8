using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Snapshots;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>One row of each key stays, the others go to quarantine, and the index is built anew, all in one transaction that keeps writers out.</summary>
public sealed class ResolveDuplicates(RepairLimits limits) : ILocking
{
    private const string Locks = "SHARE ROW EXCLUSIVE on the table and ACCESS EXCLUSIVE on the index: who writes waits, and who reads the table while the index is built";

    public string Name => "resolve_duplicates";

    public RepairDescription Description { get; } = new(
        "Keeps one row of each key (the one that others refer to, else the oldest; without asking where a rule says so), takes the others into quarantine and builds the index anew.", Locks,
        "Ownership of the table; where foreign keys refer to it a superuser, or from 15 on GRANT SET ON PARAMETER session_replication_role.",
        "The rows are in quarantine; they cannot come back while the key is unique, and an undo says so.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.Quarantining, []) { Derived = true };
        if (await IndexLook.AtAsync(session.Connection, incident.Object, cancel).ConfigureAwait(false) is not { } index)
        {
            return plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        if (await KeyAsync(session.Connection, index.Oid, cancel).ConfigureAwait(false) is not { } key)
        {
            return plan with { Nothing = $"{index.Quoted} is not a valid unique index any more" };
        }
        var keep = await KeepAsync(session, key, cancel).ConfigureAwait(false);
        var soft = await SoftReferences.OfAsync(session.Target, cancel).ConfigureAwait(false);
        IReadOnlyList<DuplicateDecision> decisions;
        await using (var look = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false))
        {
            decisions = await DuplicateLook.DecideAsync(session.Connection, key, keep, soft, cancel).ConfigureAwait(false);
        }
        if (decisions.Count == 0)
        {
            return plan with { Nothing = $"no key of {index.Quoted} has more than one row any more" };
        }
        if (await RefusalAsync(session, index, key, decisions, cancel).ConfigureAwait(false) is { } no)
        {
            return plan with { Refuse = no };
        }
        if (await TargetRoom.OtherBuildAsync(session, index, cancel).ConfigureAwait(false) is { } build)
        {
            return plan with { Defer = build };
        }
        var losers = decisions.Sum(d => d.Losers.Count);
        var repointed = decisions.Sum(d => d.Losers.Sum(l => l.Referring.Sum(r => r.Places.Count)));
        return plan with
        {
            Indexes = [index],
            Relations = [index.Oid],
            Rows = losers + repointed,
            OptedIn = keep != KeepRow.Ask,
            Asks = DuplicateQuestion.Of(decisions),
            Work = new Planned(incident, keep, losers + repointed, decisions.Where(d => !d.IsClear).Select(d => d.Read).ToHashSet(StringComparer.Ordinal)),
            Samples = DuplicateQuestion.Samples(decisions),
            Notes = DuplicateQuestion.Notes(key, decisions, repointed),
            Steps = await new DuplicateSteps(session, key, index, limits).OfAsync(decisions, cancel).ConfigureAwait(false),
        };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var log = new StatementLog();
        if (plan is not { Indexes: [var index], Work: Planned planned })
        {
            return new(RepairOutcome.Done, plan.Nothing, log.Sent);
        }
        try
        {
            return await new PatientTransaction(session, limits, limits.ExclusiveLockTimeout).RunAsync(index.TableQuoted, log, token => WorkAsync(session, planned, index, log, token), cancel).ConfigureAwait(false);
        }
        catch (HealingException e)
        {
            return new(RepairOutcome.Failed, $"{e.Message} {e.Hint}", log.Sent);
        }
    }

    private async Task<RepairResult> WorkAsync(RepairSession session, Planned planned, IndexLook index, StatementLog log, CancellationToken cancel)
    {
        if (await KeyAsync(session.Connection, index.Oid, cancel).ConfigureAwait(false) is not { } key || key.Quoted != index.Quoted)
        {
            return new(RepairOutcome.Failed, $"{index.Quoted} is another one since the plan and is left alone", log.Sent);
        }
        var soft = await SoftReferences.OfAsync(session.Target, cancel).ConfigureAwait(false);
        // tables that refer by a rule alone are read whole, which is too long to hold writers up, and no lock of ours would keep them still
        var ahead = await soft.AnyToAsync(key.TableOid, cancel).ConfigureAwait(false) ? await DuplicateLook.DecideAsync(session.Connection, key, planned.Keep, soft, cancel).ConfigureAwait(false) : null;
        await log.RunAsync(session, Hold(key), cancel).ConfigureAwait(false);
        var decisions = await DuplicateLook.DecideAsync(session.Connection, key, planned.Keep, null, cancel, hold: true).ConfigureAwait(false);
        if (ahead is not null)
        {
            if (!Choice(decisions).SetEquals(Choice(ahead)))
            {
                return new(RepairOutcome.Deferred, $"rows of {key.TableQuoted} that share a key were changed meanwhile: nothing was done, and it is looked at anew", log.Sent);
            }
            decisions = [.. decisions.Select(d => d with { Loose = ahead.First(a => a.Winner.Place == d.Winner.Place).Loose })];
        }
        if (DuplicateRemoval.IsEntangled(decisions, key))
        {
            return new(RepairOutcome.Failed, Entangled(index), log.Sent);
        }
        if (Rows(decisions) > planned.Rows)
        {
            return new(RepairOutcome.Failed, $"more rows of {key.TableQuoted} are concerned now than were planned: it is looked at anew", log.Sent);
        }
        if (decisions.Any(d => !d.IsClear && !planned.Unclear.Contains(d.Read)))
        {
            return new(RepairOutcome.Deferred, $"other rows of {key.TableQuoted} than a person was asked about share a key by now, or they hold something else: nothing was done, and it is looked at anew", log.Sent);
        }
        var gone = 0L;
        if (decisions.Count > 0)
        {
            await using var batch = await QuarantineBatch.OpenAsync(session, planned.Incident, Name, $"another row has the same key of {index.Quoted}", log, cancel).ConfigureAwait(false);
            if (await new DuplicateRemoval(session, key, batch, log).RunAsync(decisions, cancel).ConfigureAwait(false) is not { } went)
            {
                return new(RepairOutcome.Deferred, $"rows that refer to {key.TableQuoted} were changed meanwhile: all was rolled back, and it is looked at anew", log.Sent);
            }
            gone = went;
            if (gone != decisions.Sum(d => d.Losers.Count))
            {
                throw new HealingException($"{decisions.Sum(d => d.Losers.Count)} rows were to go and {gone} went", "Everything is rolled back.");
            }
        }
        await log.BuildAsync(session, $"REINDEX INDEX {index.Quoted}", cancel).ConfigureAwait(false);
        var left = await UniqueKeys.FindAsync(session.Connection, key, cancel).ConfigureAwait(false);
        return left.Count > 0
            ? new(RepairOutcome.Failed, $"{left.Count} keys of {index.Quoted} would still have several rows: all was rolled back", log.Sent)
            : new(RepairOutcome.Done, null, log.Sent) { Rebuilt = [index.Oid], RowsQuarantined = gone };
    }

    /// <summary>What the owner says of this table, or of the one that it is a partition of. A rule of a table that is not there is about nothing here.</summary>
    private static async Task<KeepRow> KeepAsync(RepairSession session, UniqueKey key, CancellationToken cancel)
    {
        foreach (var rule in session.Target.Options.Rules.Duplicates)
        {
            if (await RuleTable.CoversAsync(session.Connection, rule.Table, key.TableOid, cancel).ConfigureAwait(false))
            {
                return rule.Keep;
            }
        }
        return KeepRow.Ask;
    }

    private static long Rows(IEnumerable<DuplicateDecision> decisions) => decisions.Sum(d => d.Losers.Count + d.Losers.Sum(l => l.Referring.Sum(r => r.Places.Count)));

    /// <summary>Which rows stay, and which go.</summary>
    private static HashSet<(string, bool)> Choice(IEnumerable<DuplicateDecision> decisions) =>
        [.. decisions.SelectMany(d => d.Losers.Select(l => (l.Place, false)).Append((d.Winner.Place, true)))];

    internal static string Hold(UniqueKey key) => $"LOCK TABLE ONLY {key.TableQuoted} IN SHARE ROW EXCLUSIVE MODE";

    private static async Task<UniqueKey?> KeyAsync(NpgsqlConnection connection, long index, CancellationToken cancel) =>
        (await UniqueKeys.ReadAsync(connection, CheckScope.OfIndexes(index), cancel).ConfigureAwait(false)) is [var key] ? key : null;

    private static async Task<string?> RefusalAsync(RepairSession session, IndexLook index, UniqueKey key, IReadOnlyList<DuplicateDecision> decisions, CancellationToken cancel)
    {
        if (session.Facts.IsStandby || index.IsCatalog || index.IsTemporary || !index.IsOwned || key.ForeignOwner is not null)
        {
            return session.Facts.IsStandby ? "the target is a standby: duplicates are resolved on its primary"
                : index.IsCatalog ? $"{index.TableQuoted} belongs to the system catalogue: a person decides, best with a restored copy beside it"
                : index.IsTemporary ? $"{index.Quoted} belongs to another session's temporary table"
                : !index.IsOwned ? $"the role {session.Role} does not own {index.TableQuoted}: GRANT {index.Owner} TO {session.Role}"
                : $"the key of {index.Quoted} calls a function of {key.ForeignOwner}, which would run with the rights of a superuser";
        }
        if (decisions.Sum(d => d.Losers.Count + 1) >= UniqueKeys.MostRows)
        {
            return $"{index.TableQuoted} has {UniqueKeys.MostRows} or more rows that share a key: that is no damage of single rows, a person looks at it";
        }
        if (DuplicateRemoval.IsEntangled(decisions, key))
        {
            return Entangled(index);
        }
        var obstacles = (await TableObstacles.OfAsync(session.Connection, key.TableOid, RowAction.Delete, cancel).ConfigureAwait(false)).ToList();
        var referred = (await Reference.ToAsync(session.Connection, key.TableOid, cancel).ConfigureAwait(false)).Count > 0;
        if (referred)
        {
            obstacles.AddRange(await TableObstacles.OfAsync(session.Connection, key.TableOid, RowAction.Delete, cancel, replica: true).ConfigureAwait(false));
        }
        foreach (var leaf in decisions.SelectMany(d => d.Losers).SelectMany(l => l.Referring).Select(r => r.Reference.Leaf).Distinct())
        {
            obstacles.AddRange(await TableObstacles.OfAsync(session.Connection, leaf, RowAction.Update, cancel).ConfigureAwait(false));
        }
        if (obstacles.Count > 0)
        {
            return string.Join("; ", obstacles.Distinct(StringComparer.Ordinal));
        }
        return referred
            && !await session.Connection.ExecuteScalarAsync<bool>(new CommandDefinition(Sql.Of<IndexLook>(session.Facts.Major >= 15 ? "may_still_triggers" : "may_still_triggers_14"), cancellationToken: cancel)).ConfigureAwait(false)
            ? $"foreign keys refer to {index.TableQuoted}, and they must keep still while one of two equal rows goes: GRANT SET ON PARAMETER session_replication_role TO {session.Role} (from PostgreSQL 15 on), or repair as a superuser"
            : null;
    }

    private static string Entangled(IndexLook index) => $"rows of {index.TableQuoted} that share a key refer to each other or to themselves: a person decides which of them goes";

    /// <summary>What was approved; more than that is not done.</summary>
    /// <param name="Unclear">What a person was asked about.</param>
    private sealed record Planned(Incident Incident, KeepRow Keep, long Rows, IReadOnlySet<string> Unclear);
}
