using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Healing;
using HealingWorkers.Jobs.Checks;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Traps;

/// <summary>Somebody rewrites, detaches or replicates, as one may.</summary>
[TestFixture]
internal sealed class RewriteTests
{
    [Test]
    public async Task Tables_that_are_rewritten_beside_the_checks_are_no_damage()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 200);
        using var stop = new CancellationTokenSource();
        var rewrites = 0;
        var rewriting = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                foreach (var table in new[] { "movies", "casts", "people" })
                {
                    await Hospital.Cluster.ExecuteAsync(hospital.Database, $"VACUUM FULL {table}");
                    rewrites++;
                }
            }
        });
        foreach (var check in CheckCatalogue.All)
        {
            var report = await check.RunAsync(new(hospital.Target, CheckScope.All), CancellationToken.None);
            Assert.That(report.Findings.Where(f => !f.Kind.IsOfData && f.Severity > Jobs.Findings.Severity.Info).Select(f => $"{f.Kind.Name} {f.Object}: {f.Detail}"), Is.Empty, check.Description.Name);
        }
        await Poll.UntilAsync(() => rewriting.IsCompleted || Volatile.Read(ref rewrites) > 3, TimeSpan.FromMinutes(1), "more than one round");
        await stop.CancelAsync();
        await rewriting;
        Assert.That(rewrites, Is.GreaterThan(3));
    }

    [Test]
    public async Task A_partition_that_is_being_detached_is_left_to_whoever_does_it()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50);
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            """
            CREATE TABLE days (id int, day date, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
            CREATE TABLE days_one PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');
            CREATE TABLE days_two PARTITION OF days FOR VALUES FROM ('2024-02-01') TO ('2024-03-01');
            INSERT INTO days SELECT i, date '2024-01-01' + i % 50 FROM generate_series(1, 500) i;
            CREATE INDEX days_day ON days (day)
            """);
        await using var reader = await Hospital.Cluster.OpenAsync(hospital.Database);
        await RunAsync(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM days");
        await using var owner = await Hospital.Cluster.OpenAsync(hospital.Database);
        var detaching = RunAsync(owner, "ALTER TABLE days DETACH PARTITION days_one CONCURRENTLY");
        await Poll.UntilAsync(async ct => await Hospital.Cluster.ScalarAsync<bool>(hospital.Database, "SELECT EXISTS (SELECT FROM pg_inherits WHERE inhdetachpending)", ct: ct), TimeSpan.FromSeconds(20), "a partition half detached");

        await Trap.AssertUntouchedAsync(hospital);

        await RunAsync(reader, "COMMIT");
        await detaching;
        Assert.That(await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM pg_inherits WHERE inhparent = 'days'::regclass"), Is.EqualTo(1));
        await Trap.AssertUntouchedAsync(hospital);
    }

    [Test]
    public async Task A_subscriber_with_rows_of_its_own_is_left_as_it_is()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50);
        // what a subscription leaves: rows that came while no ordinary trigger looked, more than the publisher has, triggers that fire for it alone, identities
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            """
            CREATE TABLE feed (id int PRIMARY KEY, movie_id bigint REFERENCES movies, note text, seen timestamptz);
            CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.seen := now(); RETURN NEW; END';
            CREATE TRIGGER stamped BEFORE INSERT ON feed FOR EACH ROW EXECUTE FUNCTION stamp();
            ALTER TABLE feed ENABLE REPLICA TRIGGER stamped;
            ALTER TABLE feed REPLICA IDENTITY FULL;
            CREATE SUBSCRIPTION of_elsewhere CONNECTION 'host=/nowhere dbname=none' PUBLICATION all_of_it WITH (connect = false, slot_name = NONE, enabled = false);
            """);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "SET session_replication_role = replica; INSERT INTO feed SELECT i, i, 'by replication' FROM generate_series(1, 50) i; RESET session_replication_role; INSERT INTO feed SELECT i, 1, 'of its own' FROM generate_series(1001, 1100) i");
        var before = await TableHash.OfAsync(Hospital.Cluster, hospital.Database, "feed");
        // another worker of replication is at it right now, and what it has brought so far is not committed
        await using var applier = await Hospital.Cluster.OpenAsync(hospital.Database);
        await RunAsync(applier, "SET session_replication_role = replica; BEGIN; INSERT INTO feed SELECT i, 900000 + i, 'on its way' FROM generate_series(2001, 2100) i");
        await Trap.AssertUntouchedAsync(hospital);
        await RunAsync(applier, "ROLLBACK");
        Assert.That(await TableHash.OfAsync(Hospital.Cluster, hospital.Database, "feed"), Is.EqualTo(before));
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "DROP SUBSCRIPTION of_elsewhere");
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        await command.ExecuteNonQueryAsync();
    }
}
