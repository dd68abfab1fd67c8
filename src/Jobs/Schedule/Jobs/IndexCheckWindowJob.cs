using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>
/// db.index_check.window: the checks that make writers wait, table by table while the maintenance window is open.
/// What one window has no time for, the next one goes on with.
/// </summary>
public sealed class IndexCheckWindowJob(TargetSet targets, IReadOnlyList<ICheck> checks, CheckRunner runner, IncidentLedger incidents, ICheckMemory memory) : IJob
{
    private const string Topic = "window_check";
    private const string Last = "last_table";
    private static readonly TimeSpan Little = TimeSpan.FromSeconds(1);

    public string Name => JobNames.IndexCheckWindow;

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        var target = targets.Named(context.Target ?? "");
        if (MaintenanceWindow.Parse(target.Options.MaintenanceWindow) is not { } window)
        {
            return JobOutcome.With("not checked: the target has no maintenance window any more");
        }
        if (window.EndOf(target.Clock.GetUtcNow()) is not { } end)
        {
            return Wait(target, window, "it makes writers wait");
        }
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var id = await incidents.RegisterTargetAsync(target.Name, facts, cancel).ConfigureAwait(false);
        var last = long.Parse(await memory.RecallAsync(facts.Id, Topic, Last, cancel).ConfigureAwait(false) ?? "0", CultureInfo.InvariantCulture);
        var tables = await TablesAsync(target, last, cancel).ConfigureAwait(false);
        var (looked, found) = (0, 0);
        var trouble = new List<string>();
        foreach (var table in tables)
        {
            var reports = await LookAsync(target, id, table, context.Log, cancel).ConfigureAwait(false);
            var over = target.Clock.GetUtcNow() + Little >= end;
            // cut off by the end of the window it comes first in the next; one that is too large for a whole window is not begun again and again
            if (!over || looked == 0 || reports.All(r => r.Status != CheckStatus.Failed))
            {
                await memory.RememberAsync(facts.Id, Topic, Last, table.Oid.ToString(CultureInfo.InvariantCulture), cancel).ConfigureAwait(false);
                looked++;
                found += reports.Sum(r => r.Findings.Count);
                trouble.AddRange(reports.Where(r => r.Status is CheckStatus.Failed or CheckStatus.Unavailable).Select(r => $"{table.Quoted}: {r.Reason}"));
            }
            if (over && looked < tables.Count)
            {
                return Wait(target, window, $"{looked} of {tables.Count} tables{Told(found, trouble)}; the window is over");
            }
        }
        await memory.ForgetAsync(facts.Id, Topic, Last, cancel).ConfigureAwait(false);
        return JobOutcome.With($"{looked} tables{Told(found, trouble)}");
    }

    private static string Told(int found, List<string> trouble) => (found == 0 ? "" : $", {found} findings")
        + (trouble.Count == 0 ? "" : $", {trouble.Count} not checked, as {trouble[0]}");

    private static JobOutcome Wait(Target target, MaintenanceWindow window, string why)
    {
        var now = target.Clock.GetUtcNow();
        var start = window.NextStart(now);
        return JobOutcome.Defer(start - now, string.Create(CultureInfo.InvariantCulture, $"{why}; waits for the maintenance window at {start.UtcDateTime:u}"));
    }

    private async Task<IReadOnlyList<CheckReport>> LookAsync(Target target, long id, RelationName table, Action<string> log, CancellationToken cancel)
    {
        var reports = new List<CheckReport>();
        foreach (var check in checks.Where(c => c.Description is { Schedule: JobNames.IndexCheck, Reach: CheckReach.Table, Ground: Ground.Window }))
        {
            reports.Add(await runner.RunAsync(target, id, check, CheckScope.OfTable(table.Oid), table.Quoted, log, cancel).ConfigureAwait(false));
            if (reports[^1].Status == CheckStatus.Failed)
            {
                // throws where the target is away: the run is then put off
                await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
            }
        }
        return reports;
    }

    private static async Task<IReadOnlyList<RelationName>> TablesAsync(Target target, long last, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        return [.. (await connection.QueryAsync<TableToCheck>(new CommandDefinition(Sql.Of<IndexCheckJob>("tables_to_check"), cancellationToken: cancel)).ConfigureAwait(false))
            .Where(t => t.Oid > last).OrderBy(t => t.Oid).Select(t => new RelationName(t.Oid, t.Quoted))];
    }
}
