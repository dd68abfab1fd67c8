using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Worker.Hosting;

namespace HealingWorkers.Worker.Commands;

/// <summary>Asks the fleet for a run of a recurring job now.</summary>
internal static class Triggers
{
    /// <returns>Null when the same is pending or running already.</returns>
    public static async Task<JobRun?> RequestAsync(HealingHost host, string job, string target, string? table, string actor, CancellationToken cancel)
    {
        var arguments = new JsonObject();
        if (table is not null)
        {
            arguments["table"] = table;
        }
        return await host.Get<JobLedger>().RequestAsync(new JobRequest($"{job}:{target}", job, target, arguments, actor), cancel).ConfigureAwait(false);
    }
}
