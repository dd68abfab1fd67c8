using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A catalogue whose indexes let nobody in: the server is stopped, all of them are built anew by a single process that uses none of them, and the server is started again.</summary>
public sealed class RebuildCatalogue(IndexRecheck recheck) : IFromBeside, IProvenRepair
{
    public string Name => "rebuild_catalogue";

    public RepairDescription Description { get; } = new(
        "Stops the server, builds all indexes of the catalogue anew in single-user mode, and starts the server again.", StoppedServer.Locks,
        StoppedServer.Needs + " A session with the database postgres or template1 of the same server.",
        "None: an index holds nothing that the catalogue does not.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.Manual, []) { Derived = true };
        var (database, commands) = (session.Facts.Database, Commands(session));
        try
        {
            await session.Target.BeginAnewAsync(cancel).ConfigureAwait(false);
            return plan with { Nothing = $"sessions with {database} begin by now" };
        }
        catch (LockedOutException)
        {
            // as it was found
        }
        catch (HealingException e)
        {
            return plan with { Defer = e.Message };
        }
        var (control, whyNot) = await StoppedServer.ControlAsync(session, cancel).ConfigureAwait(false);
        if (control is null)
        {
            return plan with { Refuse = $"{whyNot}; a person rebuilds the catalogue's indexes {commands}" };
        }
        return plan with
        {
            // stopped once for both: after a start in between it would let nobody in, as before
            Base = BaseSnapshot.DataDirectory,
            StopsServer = true,
            Notes =
            [
                "every session of the whole server ends, those of other databases too; it is down until the indexes of the catalogue are built, some seconds for one of usual size, and where a maintenance window is open for as long as a copy of its files takes",
                "if rows of the catalogue are damaged as well, the rebuild fails, the server is started again as it was, and a person is called",
                $"by hand it would be, {commands}",
            ],
            Work = control,
            Steps = StoppedServer.Steps(session, control, Statement(database), "all indexes of the catalogue, the shared ones too, are built anew from its tables, without any of them"),
        };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (plan.Work is not ServerControl control)
        {
            return new(RepairOutcome.Done, plan.Nothing, []);
        }
        var commands = Commands(session);
        if (await session.IsLedgerHereAsync(cancel).ConfigureAwait(false))
        {
            return new(RepairOutcome.Escalated, $"{StoppedServer.LedgerIsHere} {commands}", []);
        }
        return await StoppedServer.ApplyAsync(session, plan, control, Statement(session.Facts.Database), commands, cancel).ConfigureAwait(false);
    }

    /// <summary>Besides the session that begins: every index of the catalogue, where amcheck can be asked.</summary>
    public async Task<OwnProof> ProveAsync(RepairSession session, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel)
    {
        try
        {
            IReadOnlyList<long> indexes;
            await using (var connection = await session.Target.OpenCheckAsync(cancel).ConfigureAwait(false))
            {
                indexes = [.. await connection.QueryAsync<long>(new CommandDefinition(Sql.Of<IndexLook>("catalogue_indexes"), cancellationToken: cancel)).ConfigureAwait(false)];
            }
            var verdict = await recheck.LookAsync(session.Target, indexes, cancel).ConfigureAwait(false);
            return verdict.Looked ? new(verdict.Sound, verdict.Said)
                : new(true, $"all {indexes.Count} indexes of the catalogue were built anew, and amcheck could not be asked about them: {verdict.Said}");
        }
        catch (Exception e) when (e is LockedOutException or PostgresException)
        {
            return new(false, e.Message);
        }
    }

    private static string Commands(RepairSession session) => CriticalIndex.Commands(session.Facts.Database, null, session.Facts.DataDirectory);

    private static string Statement(string database) => $"REINDEX SYSTEM \"{database.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
