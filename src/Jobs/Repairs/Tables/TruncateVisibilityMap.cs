using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Empties a visibility map and lets VACUUM make it anew; not while the map is all that shows some rows.</summary>
public sealed class TruncateVisibilityMap(RepairLimits limits) : IRepair
{
    private const string Origin = "visibility";

    public string Name => "truncate_visibility_map";

    public RepairDescription Description { get; } = new(
        "Empties the visibility map of the table (pg_truncate_visibility_map) and makes it anew by VACUUM.",
        "ACCESS EXCLUSIVE for some milliseconds, waited for a fifth of a second at a time; then SHARE UPDATE EXCLUSIVE for the VACUUM: nobody who reads or writes waits",
        "The extension pg_visibility and EXECUTE on pg_truncate_visibility_map (group healing_repair), ownership of the table (GRANT owner TO role).",
        "None: the map holds nothing that the table does not.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.LosslessOnline, []) { Derived = true };
        if (await TableLook.AtAsync(session.Connection, incident.TableOid, cancel).ConfigureAwait(false) is not { } table)
        {
            return plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        var use = await ExtensionUse.OfAsync(session, "pg_visibility", "pg_truncate_visibility_map", "healing_repair", cancel).ConfigureAwait(false);
        if ((table.Refusal(session) ?? use.WhyNot) is { } no)
        {
            return plan with { Refuse = no };
        }
        var map = await LookAsync(session, table, cancel).ConfigureAwait(false);
        if (Hindrance(table, map) is { } wait)
        {
            return plan with { Defer = wait };
        }
        if (map is { Visible.Count: 0, Frozen.Count: 0 } && incident.Check == Origin)
        {
            return plan with { Nothing = $"the visibility map of {table.Quoted} is right by now" };
        }
        return await HiddenRows.AtAGlanceAsync(session, table, cancel).ConfigureAwait(false) is { } hidden ? plan with { Defer = hidden }
            : plan with
            {
                Work = table,
                Steps =
                [
                    new(FormattableString.Invariant($"SELECT {use.Function}({table.Oid}::pg_catalog.oid::pg_catalog.regclass)"), "ACCESS EXCLUSIVE on the table, for some milliseconds", "the map lies: without one every page is looked at"),
                    new(TableVacuum.Statement(table), "SHARE UPDATE EXCLUSIVE on the table", "makes the map anew from the rows"),
                ],
            };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var log = new StatementLog();
        if (plan is not { Work: TableLook table, Steps: [var truncate, _] })
        {
            return new(RepairOutcome.Done, plan.Nothing, log.Sent);
        }
        // between the plan and now a row may have been hidden
        if (Hindrance(table, await LookAsync(session, table, cancel).ConfigureAwait(false)) is { } wait)
        {
            return new(RepairOutcome.Deferred, wait, log.Sent);
        }
        if (await HiddenRows.InTheWayAsync(session, table, cancel).ConfigureAwait(false) is { } hidden)
        {
            return new(RepairOutcome.Deferred, hidden, log.Sent);
        }
        if (!await TruncatedAsync(session, truncate.Statement, log, cancel).ConfigureAwait(false))
        {
            return new(RepairOutcome.Deferred, $"{table.Quoted} is busy: nobody let go of it for long enough", log.Sent);
        }
        return await TableVacuum.RunAsync(session, table, limits, log, cancel).ConfigureAwait(false) is { } busy ? new(RepairOutcome.Deferred, busy, log.Sent)
            : new(RepairOutcome.Done, null, log.Sent) { Touched = [new(table.Oid, []) { Fork = "_vm" }] };
    }

    /// <summary>Whoever waits for this lock makes all others wait behind him, so that it is asked for often and briefly.</summary>
    private async Task<bool> TruncatedAsync(RepairSession session, string statement, StatementLog log, CancellationToken cancel)
    {
        await PatientRebuild.SetLockTimeoutAsync(session, limits.BriefLockTimeout, cancel).ConfigureAwait(false);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await log.RunAsync(session, statement, cancel).ConfigureAwait(false);
                return true;
            }
            catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.DeadlockDetected)
            {
                if (attempt >= limits.BriefLockTries)
                {
                    return false;
                }
            }
            await Task.Delay(limits.LockBackoff / 2 * attempt, session.Target.Clock, cancel).ConfigureAwait(false);
        }
    }

    private static string? Hindrance(TableLook table, VisibilityVerdict map) =>
        map.Hidden.Count > 0 ? $"rows of {table.Quoted} are hidden by their own bits and only the map still shows them (at {map.Hidden[0]} and perhaps more): they are brought back first"
        : map.Unsure.Count > 0 ? $"of rows of {table.Quoted} (at {map.Unsure[0]} and perhaps more) it cannot be told whether the map is wrong or their own bits are: a person looks at them first"
        : map.HasMore ? $"more rows of {table.Quoted} are not what the visibility map says than can be looked at: a person looks at them first"
        : null;

    private static async Task<VisibilityVerdict> LookAsync(RepairSession session, TableLook table, CancellationToken cancel) =>
        await VisibilityLook.NowAsync(session.Target, session.Facts, table.Name, cancel).ConfigureAwait(false);
}
