using HealingWorkers.Drill;

namespace HealingWorkers.Bench;

/// <summary>`healing backup run` (base backup, counts at a restore point, every file read back) beside bare `pg_basebackup` and `pg_verifybackup`.</summary>
internal static class BackupBench
{
    public static async Task RunAsync(int rounds, int tables, int rows, CancellationToken cancel)
    {
        await using var cluster = await BenchDatabase.StartAsync(tables, rows, cancel);
        await using var ledger = await PgCluster.StartNewAsync(ct: cancel);
        await ledger.CreateDatabaseAsync("ledger", ct: cancel);
        var state = Directory.CreateTempSubdirectory("healing-bench-");
        try
        {
            var config = Path.Combine(state.FullName, "healing.yaml");
            await File.WriteAllTextAsync(config, $"""
                state_directory: '{state.FullName}'
                control: {"{"} connection: '{ledger.ConnectionString("ledger")}' {"}"}
                backups: {"{"} provider: pg_basebackup, keep: {"{"} daily: 1, weekly: 0, monthly: 0 {"}"} {"}"}
                targets:
                  - name: bench
                    connection: '{cluster.ConnectionString(BenchDatabase.Name)}'

                """, cancel);
            var (ours, theirs) = (Path.Combine(state.FullName, "backups"), Path.Combine(state.FullName, "bare"));
            await new Comparison(
                "healing backup run",
                c => AloneAsync(ours, Built.Command("backup", "run", "--config", config), c),
                "pg_basebackup && pg_verifybackup",
                c => AloneAsync(theirs, Bare(cluster, theirs), c),
                1.3).RunAsync("a base backup that was read back", rounds, cancel);
        }
        finally
        {
            state.Delete(recursive: true);
        }
    }

    /// <summary>Each with an empty disk: what the one before has left is removed outside of the measured time.</summary>
    private static async Task<double> AloneAsync(string place, System.Diagnostics.ProcessStartInfo command, CancellationToken cancel)
    {
        if (Directory.Exists(place))
        {
            Directory.Delete(place, recursive: true);
        }
        return await Built.TimeAsync(command, [0], cancel);
    }

    private static System.Diagnostics.ProcessStartInfo Bare(PgCluster cluster, string to) => new("/bin/sh",
    [
        "-c", "\"$1/pg_basebackup\" -D \"$2\" -h \"$3\" -p \"$4\" -U postgres -X stream -c fast --manifest-checksums=SHA256 && \"$1/pg_verifybackup\" -q \"$2\"", "sh",
        PgBinaries.Default.Directory, to, cluster.SocketDirectory, FormattableString.Invariant($"{cluster.Port}"),
    ]);
}
