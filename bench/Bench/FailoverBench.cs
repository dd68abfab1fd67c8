using System.Diagnostics;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Failover;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Bench;

/// <summary>A primary killed under writers and a standby promoted: seconds until it takes writes, and what of all that was acknowledged is not there; with asynchronous and with synchronous standbys.</summary>
internal static class FailoverBench
{
    private const string Database = "bench";
    private const int Writes = 3000;

    public static async Task RunAsync(int rounds, CancellationToken cancel)
    {
        await using var ledger = await PgCluster.StartNewAsync(ct: cancel);
        foreach (var synchronous in new[] { false, true })
        {
            var (seconds, lost, acknowledged) = (new List<double>(), new List<double>(), 0L);
            for (var round = 0; round < rounds; round++)
            {
                var one = await OneAsync(ledger, $"ledger_{(synchronous ? "sync" : "async")}_{round}", synchronous, cancel);
                seconds.Add(one.Seconds);
                lost.Add(one.Lost);
                acknowledged += one.Acknowledged;
            }
            Console.WriteLine(Samples.Header(synchronous ? "synchronous standbys (FIRST 2 (*))" : "asynchronous standbys"));
            Console.WriteLine(new Samples(seconds).Row("from the kill to a proven write", "s"));
            Console.WriteLine(new Samples(lost).Row("rows not as they were acknowledged", ""));
            Console.WriteLine(FormattableString.Invariant($"{rounds} rounds; {acknowledged} writes acknowledged in all, {lost.Sum():0} rows lost"));
            Console.WriteLine();
        }
    }

    private static async Task<(double Seconds, int Lost, long Acknowledged)> OneAsync(PgCluster ledger, string name, bool synchronous, CancellationToken cancel)
    {
        await ledger.CreateDatabaseAsync(name, ct: cancel);
        await new Migrator(ledger.ConnectionString(name), TimeProvider.System).MigrateAsync(null, cancel);
        await using var db = new LedgerDb(ledger.ConnectionString(name));
        await using var primary = await PgCluster.StartNewAsync(ct: cancel);
        await primary.CreateDatabaseAsync(Database, ct: cancel);
        await primary.ExecuteAsync(Database, "CREATE TABLE notes (id bigint PRIMARY KEY, body text)", ct: cancel);
        await using var first = await PgStandby.StartNewAsync(primary, "first", cancel);
        await using var second = await PgStandby.StartNewAsync(primary, "second", cancel);
        if (synchronous)
        {
            await primary.ExecuteAsync("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'FIRST 2 (*)'", ct: cancel);
            await primary.ExecuteAsync("postgres", "SELECT pg_reload_conf()", ct: cancel);
            await Poll.UntilAsync(async ct => await primary.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'", ct: ct) == 2, TimeSpan.FromSeconds(20), "two synchronous standbys", cancel);
        }
        await using var target = new Target(new TargetOptions
        {
            Name = "bench",
            Connection = primary.ConnectionString(Database),
            Standbys = { new() { Name = "first", Connection = first.ConnectionString(Database) }, new() { Name = "second", Connection = second.ConnectionString(Database) } },
            Failover = { Fence = $"! kill -0 $(head -1 {primary.DataDirectory}/postmaster.pid) 2>/dev/null" },
        }, TimeProvider.System);
        var id = await new IncidentLedger(db).RegisterTargetAsync("bench", await target.FactsAsync(cancel), cancel);
        await using var load = WriteLoad.Start(primary.ConnectionString(Database), new()
        {
            Clients = 8, Pause = TimeSpan.Zero, FirstId = 1,
            Insert = "INSERT INTO notes (id, body) VALUES (@id, @value)", Update = "UPDATE notes SET body = @value WHERE id = @id",
            Delete = "DELETE FROM notes WHERE id = @id", ReadAll = "SELECT id, body FROM notes WHERE id >= @id",
        });
        await load.WaitForAsync(Writes / 2, TimeSpan.FromMinutes(2), cancel);
        await new TargetLooks(db).SaveAsync(id, await TargetLook.TakeAsync(target, cancel), cancel);
        await load.WaitForAsync(Writes / 2, TimeSpan.FromMinutes(2), cancel);
        await primary.KillAsync(cancel);
        var watch = Stopwatch.StartNew();
        // whichever has received more
        var to = await LsnAsync(second, cancel) > await LsnAsync(first, cancel) ? second : first;
        await new Promotion(target, db, "bench", TimeProvider.System).RunAsync(to.Name, "the primary was killed", _ => { }, cancel);
        var seconds = watch.Elapsed.TotalSeconds;
        var acknowledged = load.Acknowledged;
        return (seconds, (await load.FindLossesOnAsync(to.ConnectionString(Database), cancel)).Count, acknowledged);
    }

    private static Task<long> LsnAsync(PgStandby standby, CancellationToken cancel) =>
        standby.ScalarAsync<long>("postgres", "SELECT (greatest(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()) - '0/0')::bigint", ct: cancel);
}
