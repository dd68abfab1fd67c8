using HealingWorkers.Worker.Hosting;

namespace HealingWorkers.Worker.Supervisor;

/// <summary>What a worker process does between its start and its stop.</summary>
internal static class WorkerLife
{
    public static async Task RunAsync(HealingHost host, CancellationToken stop)
    {
        var assembly = new WorkerAssembly(host);
        await using (assembly.ConfigureAwait(false))
        {
            await assembly.Worker.StartAsync(stop).ConfigureAwait(false);
            var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = stop.Register(asked.SetResult).ConfigureAwait(false);
            await asked.Task.ConfigureAwait(false);
            await assembly.Worker.StopAsync(CancellationToken.None).ConfigureAwait(false);
        }
    }
}
