using System.Text.Json.Nodes;
using Dapper;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>db.index_check: asks for one run a table, so that the fleet shares the work (a few tables at a time), one for what concerns the database as a whole, and one for what has to wait for the maintenance window.</summary>
public sealed class IndexCheckJob(TargetSet targets, JobDispatcher dispatcher, string worker, int laneWidth) : IJob
{
    public string Name => JobNames.IndexCheck;

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        var target = targets.Named(context.Target ?? "");
        IReadOnlyList<TableToCheck> tables;
        await using (var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false))
        {
            tables = (await connection.QueryAsync<TableToCheck>(new CommandDefinition(Sql.Of<IndexCheckJob>("tables_to_check"), cancellationToken: cancel)).ConfigureAwait(false)).AsList();
        }
        await dispatcher.RequestAsync(new JobRequest($"{JobNames.IndexCheckDatabase}:{target.Name}", JobNames.IndexCheckDatabase, target.Name, [], worker), cancel).ConfigureAwait(false);
        if (target.Options.MaintenanceWindow.Length > 0)
        {
            await dispatcher.RequestAsync(new JobRequest($"{JobNames.IndexCheckWindow}:{target.Name}", JobNames.IndexCheckWindow, target.Name, [], worker), cancel).ConfigureAwait(false);
        }
        var asked = 0;
        var first = new List<JobRun>();
        foreach (var table in tables)
        {
            var request = new JobRequest($"{JobNames.IndexCheckTable}:{target.Name}:{table.Oid}", JobNames.IndexCheckTable, target.Name,
                new JsonObject { ["table"] = table.Quoted, ["oid"] = table.Oid }, worker);
            var run = await (laneWidth > 0 ? dispatcher.QueueAsync(request, cancel) : dispatcher.RequestAsync(request, cancel)).ConfigureAwait(false);
            asked += run is null ? 0 : 1;
            if (run is not null && first.Count < laneWidth)
            {
                first.Add(run);
            }
        }
        foreach (var run in first)
        {
            await dispatcher.DeliverAsync(run, TimeSpan.Zero, cancel).ConfigureAwait(false);
        }
        return JobOutcome.With(asked == tables.Count ? $"{asked} tables" : $"{asked} tables; {tables.Count - asked} were being checked already");
    }
}
