using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Drill;

[TestFixture, NonParallelizable]
public sealed class ServerTests
{
    [Test]
    public async Task A_killed_server_recovers_and_no_acknowledged_write_is_lost()
    {
        await using var cluster = await PgCluster.StartNewAsync(new PgClusterOptions
        {
            Checksums = false,
            Settings = new Dictionary<string, string> { ["shared_buffers"] = "8MB" },
        });
        Assert.That(await cluster.ScalarAsync<string>("postgres", "SHOW data_checksums"), Is.EqualTo("off"));
        Assert.That(await cluster.ScalarAsync<string>("postgres", "SHOW shared_buffers"), Is.EqualTo("8MB"));
        await MoviesSchema.CreateAsync(cluster, rows: 500);
        await using var load = WriteLoad.Start(cluster.ConnectionString("movies"));
        await load.WaitForAsync(100, TimeSpan.FromSeconds(20));

        await cluster.KillAsync();
        await cluster.StartAsync();
        await load.WaitForAsync(100, TimeSpan.FromSeconds(20));

        Assert.That(await load.FindLossesAsync(), Is.Empty);
        Assert.That(cluster.Log, Does.Contain("automatic recovery"));
        Assert.That(load.Failures, Is.Not.Empty);

        await cluster.ExecuteAsync("movies", "DELETE FROM movies WHERE id = (SELECT max(id) FROM movies)");
        Assert.That(await load.FindLossesAsync(), Has.Count.EqualTo(1), "the load sees a loss");
    }

    [Test]
    public async Task Damage_under_load_loses_nothing_that_was_acknowledged()
    {
        var database = await KitCluster.MoviesAsync(2_000);
        await using var load = WriteLoad.Start(KitCluster.Cluster.ConnectionString(database));
        await load.WaitForAsync(50, TimeSpan.FromSeconds(20));
        await new Damage(KitCluster.Cluster, database).Index.RemoveLeafEntriesAsync("movies_title_lower_idx", 2);
        Assert.That(await Amcheck.IndexAsync(database, "movies_title_lower_idx"), Is.EqualTo(Amcheck.DataCorrupted));
        await KitCluster.Cluster.ExecuteAsync(database, "REINDEX INDEX CONCURRENTLY movies_title_lower_idx");
        await load.WaitForAsync(50, TimeSpan.FromSeconds(20));
        Assert.That(await load.FindLossesAsync(), Is.Empty);
        Assert.That(await Amcheck.IndexAsync(database, "movies_title_lower_idx"), Is.Null);
    }

    [Test]
    public async Task A_frozen_server_does_not_answer_until_it_is_woken()
    {
        var cluster = KitCluster.Cluster;
        cluster.Freeze();
        try
        {
            var slow = new NpgsqlConnectionStringBuilder(cluster.ConnectionString("postgres")) { Timeout = 1, Pooling = false };
            await using var connection = new NpgsqlConnection(slow.ConnectionString);
            Assert.That(async () => await connection.OpenAsync(), Throws.InstanceOf<NpgsqlException>());
        }
        finally
        {
            cluster.Thaw();
        }
        Assert.That(await cluster.ScalarAsync<int>("postgres", "SELECT 1"), Is.EqualTo(1));
    }

    [Test]
    public async Task Loopback_asks_for_a_password()
    {
        var cluster = KitCluster.Cluster;
        await using (var connection = new NpgsqlConnection(cluster.TcpConnectionString("postgres")))
        {
            await connection.OpenAsync();
        }
        await using var wrong = new NpgsqlConnection(cluster.TcpConnectionString("postgres", password: "wrong"));
        Assert.That(async () => await wrong.OpenAsync(), Throws.InstanceOf<PostgresException>());
    }

    [Test]
    public async Task What_a_dead_test_process_left_is_cleared_away()
    {
        await using var cluster = await PgCluster.StartNewAsync();
        var pid = cluster.Server.Pid;
        // An owner that is no more: its pid is above the highest there can be.
        await File.WriteAllTextAsync(Path.Combine(cluster.Server.Directory, "owner"), "99999999 1");

        Assert.That(await PgCluster.ReapAsync(), Is.Positive);

        Assert.That(Directory.Exists(cluster.DataDirectory), Is.False);
        await Poll.UntilAsync(() => !ProcessTable.IsAlive(pid), TimeSpan.FromSeconds(5), "server gone");
        Assert.That(await KitCluster.Cluster.ScalarAsync<int>("postgres", "SELECT 1"), Is.EqualTo(1), "mine is untouched");
    }

    [Test]
    public async Task A_standby_follows_and_keeps_its_pages_when_the_primarys_break()
    {
        if (!PgBinaries.Default.Has("pg_basebackup"))
        {
            Assert.Ignore("This installation has no pg_basebackup.");
        }
        const string database = "movies";
        await using var primary = await PgCluster.StartNewAsync();
        await MoviesSchema.CreateAsync(primary, database, 500);
        await using (var standby = await PgStandby.StartNewAsync(primary))
        {
            await primary.ExecuteAsync(database, "UPDATE movies SET year = year + 1 WHERE id < 100");
            await standby.WaitForReplayAsync();
            var rows = await TableHash.OfDatabaseAsync(primary, database);
            await new Damage(primary, database).Heap.ZeroPageAsync("people", 0);
            await standby.StopAsync();
            await standby.StartAsync();
            await standby.WaitForReplayAsync();
            Assert.That(await TableHash.OfDatabaseAsync(standby, database), Is.EqualTo(rows));
            Assert.That(await TableHash.OfAsync(primary, database, "people"), Is.Not.EqualTo(rows["public.people"]));
        }
        Assert.That(await primary.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_replication_slots"), Is.Zero);
    }

    [Test]
    public async Task A_hash_does_not_depend_on_the_order_of_rows()
    {
        var database = await KitCluster.MoviesAsync(500);
        var before = await TableHash.OfDatabaseAsync(KitCluster.Cluster, database);
        Assert.That(before, Does.ContainKey(MoviesSchema.HostileTable).And.ContainKey("public.watch_events_2024h1"));
        await KitCluster.Cluster.ExecuteAsync(database, "CLUSTER movies USING movies_title_idx; CLUSTER casts USING casts_person_id_idx");
        Assert.That(await TableHash.OfDatabaseAsync(KitCluster.Cluster, database), Is.EqualTo(before));
    }
}
