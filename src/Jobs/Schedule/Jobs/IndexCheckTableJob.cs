using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>db.index_check.table: the checks that look at one table and its indexes.</summary>
public sealed class IndexCheckTableJob(TargetSet targets, IReadOnlyList<ICheck> checks, CheckRunner runner, IncidentLedger incidents) : IJob
{
    public string Name => JobNames.IndexCheckTable;

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        var target = targets.Named(context.Target ?? "");
        var name = context.Arguments["table"]?.ToString() ?? "";
        var oid = context.Arguments["oid"] is { } given ? (long)given : await FindAsync(target, name, cancel).ConfigureAwait(false);
        var id = await incidents.RegisterTargetAsync(target.Name, await target.FactsAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        var (found, looked) = (0, 0);
        var unavailable = new List<string>();
        // those that make writers wait have a run of their own, unless somebody asked for this table
        var apart = context.Arguments["oid"] is not null && target.Options.MaintenanceWindow.Length > 0;
        foreach (var check in checks.Where(c => c.Description is { Schedule: JobNames.IndexCheck, Reach: CheckReach.Table } && !(apart && c.Description.Ground == Ground.Window)))
        {
            var report = await runner.RunAsync(target, id, check, CheckScope.OfTable(oid), name, context.Log, cancel).ConfigureAwait(false);
            if (report.Status == CheckStatus.Failed)
            {
                // Throws where the target is away: the run is then put off and not lost until the next week.
                await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
                throw new HealingException($"{name} could not be checked: {report.Reason}", "the next index check tries again; `healing trigger` does so now");
            }
            if (report.Status == CheckStatus.Unavailable)
            {
                unavailable.Add($"{report.Check}: {report.Reason}");
            }
            looked += report.Status == CheckStatus.Unavailable ? 0 : 1;
            found += report.Findings.Count;
        }
        return JobOutcome.With(looked == 0 ? "not checked: " + string.Join("; ", unavailable)
            : (found == 0 ? "sound" : $"{found} findings") + (unavailable.Count == 0 ? "" : "; unavailable: " + string.Join("; ", unavailable)));
    }

    private static async Task<long> FindAsync(Target target, string name, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
        return await connection.QueryFirstOrDefaultAsync<long?>(new CommandDefinition(Sql.Of<IndexCheckTableJob>("table_named"), new { Name = name }, cancellationToken: cancel)).ConfigureAwait(false)
            ?? throw new HealingException($"there is no table {name} in {target.Name}", "give it as schema.name, quoted as in SQL");
    }
}
