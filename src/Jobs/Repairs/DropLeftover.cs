using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Drops an invalid index that an unfinished build left behind; its definition stays in the snapshot.</summary>
public sealed class DropLeftover(RepairLimits limits) : IRepair
{
    private const string Locks = "SHARE UPDATE EXCLUSIVE on the table: nobody who reads or writes waits";

    public string Name => "drop_leftover";

    public RepairDescription Description { get; } = new(
        "Drops the invalid index concurrently, after making sure that nobody is building it.", Locks,
        "Ownership of the table (GRANT owner TO role).",
        "None: an invalid index serves no query; the snapshot keeps its definition.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.LosslessOnline, []) { Derived = true };
        if (await IndexLook.AtAsync(session.Connection, incident.Object, cancel).ConfigureAwait(false) is not { } index)
        {
            return plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        if (index.Usable || index.Oid != incident.Object.Oid)
        {
            return plan with { Nothing = $"{index.Quoted} is another index or valid by now" };
        }
        if (Refusal(session, index) is { } no)
        {
            return plan with { Refuse = no };
        }
        return await TargetRoom.OtherBuildAsync(session, index, cancel).ConfigureAwait(false) is { } build
            ? plan with { Defer = build }
            : plan with { Indexes = [index], Steps = [new(Drop(index.Quoted), Locks, "an unfinished build left it behind")] };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var log = new StatementLog();
        if (plan is not { Indexes: [var index], Steps: [var step] })
        {
            return new(RepairOutcome.Done, plan.Nothing, log.Sent);
        }
        // between the plan and now somebody may have begun to build it anew
        if (await IndexLook.AtAsync(session.Connection, new(index.Oid, index.Quoted), cancel).ConfigureAwait(false) is not { Usable: false } still || still.Oid != index.Oid)
        {
            return new(RepairOutcome.Done, $"{index.Quoted} has changed since the plan and is left alone", log.Sent);
        }
        if (await TargetRoom.OtherBuildAsync(session, index, cancel).ConfigureAwait(false) is { } build)
        {
            return new(RepairOutcome.Deferred, build, log.Sent);
        }
        try
        {
            await PatientRebuild.SetLockTimeoutAsync(session, limits.LockTimeout, cancel).ConfigureAwait(false);
            if (await SetAsideAsync(session, index, log, cancel).ConfigureAwait(false) is not { } aside)
            {
                return new(RepairOutcome.Done, $"{index.Quoted} has changed since the plan and is left alone", log.Sent);
            }
            await log.RunAsync(session, aside == index.Quoted ? step.Statement : Drop(aside), cancel).ConfigureAwait(false);
            return new(RepairOutcome.Done, null, log.Sent);
        }
        catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.DeadlockDetected)
        {
            return new(RepairOutcome.Deferred, $"{index.TableQuoted} is busy: {e.MessageText}", log.Sent);
        }
        catch (PostgresException e) when (session.Connection.FullState == System.Data.ConnectionState.Open)
        {
            return new(RepairOutcome.Failed, $"the server refused with {e.SqlState}: {e.MessageText}", log.Sent);
        }
    }

    private static string Drop(string quoted) => $"DROP INDEX CONCURRENTLY {quoted}";

    /// <summary>
    /// A drop finds its index by name, when its turn for the lock has come: by then the name may be that of an index that somebody
    /// rebuilt while both waited. So it first gets a name that is nobody's, seen to belong to it before that is committed.
    /// Null when it is not the planned one any more. Indexes of TOAST keep theirs: they cannot be renamed, nor rebuilt concurrently while invalid.
    /// </summary>
    private static async Task<string?> SetAsideAsync(RepairSession session, IndexLook index, StatementLog log, CancellationToken cancel)
    {
        var own = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"healing_leftover_{index.Oid}");
        if (index.TableQuoted.StartsWith("pg_toast.", StringComparison.Ordinal) || IsNamed(index, own))
        {
            return index.Quoted;
        }
        await using var transaction = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await log.RunAsync(session, $"ALTER INDEX {index.Quoted} RENAME TO {own}", cancel).ConfigureAwait(false);
        if (await IndexLook.AtAsync(session.Connection, new(index.Oid, index.Quoted), cancel).ConfigureAwait(false) is not { Usable: false } aside
            || aside.Oid != index.Oid || !IsNamed(aside, own))
        {
            return null;
        }
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return aside.Quoted;
    }

    private static bool IsNamed(IndexLook index, string name) => index.Quoted.EndsWith("." + name, StringComparison.Ordinal);

    private static string? Refusal(RepairSession session, IndexLook index) =>
        session.Facts.IsStandby ? "the target is a standby: the index is dropped on its primary"
        : index.IsTemporary ? $"{index.Quoted} belongs to another session's temporary table"
        : index.Kind != "i" || index.IsAttached ? $"{index.Quoted} is part of a partitioned index: finish or drop that one"
        : index.BacksConstraint ? $"{index.Quoted} backs a constraint: finish it or drop the constraint by hand"
        : index.IsCatalog ? $"{index.Quoted} belongs to the system catalogue"
        : !index.IsOwned ? $"the role {session.Role} may not drop {index.Quoted}: GRANT {index.Owner} TO {session.Role}"
        : null;
}
