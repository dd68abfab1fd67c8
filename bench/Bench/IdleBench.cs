using System.Globalization;
using HealingWorkers.Drill;

namespace HealingWorkers.Bench;

/// <summary>What a worker with one sound target costs while nothing is wrong: its memory and its processor time.</summary>
internal static class IdleBench
{
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(CancellationToken cancel)
    {
        await using var cluster = await PgCluster.StartNewAsync(ct: cancel);
        await cluster.CreateDatabaseAsync("control", ct: cancel);
        await MoviesSchema.CreateAsync(cluster, ct: cancel);
        var state = Directory.CreateTempSubdirectory("healing-bench-");
        try
        {
            using var worker = Built.Start(Built.Healing, ["worker"], new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["HEALING__CONTROL__CONNECTION"] = cluster.ConnectionString("control"),
                ["HEALING__STATE_DIRECTORY"] = state.FullName,
                ["HEALING__TARGETS__0__NAME"] = "movies",
                ["HEALING__BACKUPS__PROVIDER"] = "none",
                ["HEALING__TARGETS__0__CONNECTION"] = cluster.ConnectionString("movies"),
            });
            var drained = Task.WhenAll(worker.StandardOutput.ReadToEndAsync(cancel), worker.StandardError.ReadToEndAsync(cancel));
            await Task.Delay(Settle, TimeProvider.System, cancel);
            if (worker.HasExited)
            {
                throw new InvalidOperationException($"the worker ended with {worker.ExitCode}: {string.Concat(await drained)}");
            }
            var before = worker.TotalProcessorTime;
            var resident = new List<double>();
            for (var i = 0; i < 30; i++)
            {
                resident.Add(Resident(worker.Id));
                await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System, cancel);
            }
            worker.Refresh();
            Console.WriteLine(Samples.Header("an idle worker, second minute"));
            Console.WriteLine(new Samples(resident).Row("resident memory", "MiB"));
            Console.WriteLine(FormattableString.Invariant($"processor time {(worker.TotalProcessorTime - before).TotalSeconds / 30 * 100:0.0} % of one core"));
            worker.Kill(entireProcessTree: true);
            await drained;
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    private static double Resident(int process)
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/status")).First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }
}
