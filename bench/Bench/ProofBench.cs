using System.Diagnostics;
using System.Text.Json.Nodes;
using HealingWorkers.Drill;

namespace HealingWorkers.Bench;

/// <summary>`healing restore-test` of one backup, again and again: its time by phase, as it tells it itself, and beside it the time of the whole command.</summary>
internal static class ProofBench
{
    public static async Task RunAsync(int rounds, int tables, int rows, CancellationToken cancel)
    {
        await using var cluster = await BenchDatabase.StartAsync(tables, rows, cancel);
        await using var ledger = await PgCluster.StartNewAsync(ct: cancel);
        await ledger.CreateDatabaseAsync("ledger", ct: cancel);
        var state = Directory.CreateTempSubdirectory("healing-bench-");
        // the restored server runs as another user, who has to get through
        File.SetUnixFileMode(state.FullName, (UnixFileMode)0b111_101_101);
        try
        {
            var config = Path.Combine(state.FullName, "healing.yaml");
            await File.WriteAllTextAsync(config, $"""
                state_directory: '{state.FullName}'
                control: {"{"} connection: '{ledger.ConnectionString("ledger")}' {"}"}
                backups: {"{"} provider: pg_basebackup {"}"}
                targets:
                  - name: bench
                    connection: '{cluster.ConnectionString(BenchDatabase.Name)}'

                """, cancel);
            var made = JsonNode.Parse((await AskAsync(cancel, "backup", "run", "--config", config, "--format", "json")).Said)![0]!;
            var (phases, whole) = (new Dictionary<string, List<double>>(StringComparer.Ordinal), new List<double>());
            for (var round = 0; round <= rounds; round++)
            {
                var (said, seconds) = await AskAsync(cancel, "restore-test", "--backup", made["id"]!.ToString(), "--config", config, "--format", "json");
                if (round == 0)
                {
                    continue;
                }
                whole.Add(seconds);
                foreach (var phase in JsonNode.Parse(said)![0]!["report"]!["phases"]!.AsArray())
                {
                    (phases.TryGetValue((string)phase!["phase"]!, out var known) ? known : phases[(string)phase["phase"]!] = []).Add((double)phase["seconds"]!);
                }
            }
            Console.WriteLine(Samples.Header("a restore test, by phase"));
            foreach (var (phase, seconds) in phases)
            {
                Console.WriteLine(new Samples(seconds).Row(phase, "s"));
            }
            Console.WriteLine(new Samples(whole).Row("the whole command", "s"));
            Console.WriteLine(FormattableString.Invariant($"{rounds} rounds after one warm-up, all of one backup"));
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    private static async Task<(string Said, double Seconds)> AskAsync(CancellationToken cancel, params string[] arguments)
    {
        var start = Built.Command(arguments);
        start.RedirectStandardOutput = true;
        var watch = Stopwatch.StartNew();
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync(cancel);
        await process.WaitForExitAsync(cancel);
        return process.ExitCode == 0 ? (said, watch.Elapsed.TotalSeconds) : throw new InvalidOperationException($"{arguments[0]} ended with {process.ExitCode}: {said}");
    }
}
