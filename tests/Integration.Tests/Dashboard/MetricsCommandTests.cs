using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

[TestFixture, NonParallelizable]
public sealed class MetricsCommandTests
{
    [Test]
    public async Task Every_database_shows_its_pool_waits_locks_sizes_and_replication()
    {
        var target = await DashCluster.DatabaseAsync("shown");
        var name = new NpgsqlConnectionStringBuilder(target).Database!;
        await DashCluster.Cluster.ExecuteAsync(name, "CREATE TABLE t AS SELECT 1 AS i FROM generate_series(1, 10000); ANALYZE t");
        await using var holder = await DashCluster.Cluster.OpenAsync(name);
        await using var transaction = await holder.BeginTransactionAsync();
        await using (var command = new NpgsqlCommand("LOCK TABLE t IN ACCESS EXCLUSIVE MODE", holder))
            await command.ExecuteNonQueryAsync();
        await using var blocked = await DashCluster.Cluster.OpenAsync(name);
        await using var waiting = new NpgsqlCommand("SELECT count(*) FROM t", blocked) { CommandTimeout = 300 };
        var wait = waiting.ExecuteScalarAsync();
        await Poll.UntilAsync(async cancel => await DashCluster.Cluster.ScalarAsync<long>(name, "SELECT count(*) FROM pg_locks WHERE NOT granted", ct: cancel) > 0, TimeSpan.FromSeconds(10), "a wait");
        await using var standby = await PgStandby.StartNewAsync(DashCluster.Cluster, "follower");

        var (exit, json, _) = await RunAsync(target);

        Assert.That(exit, Is.Zero);
        var shown = json["databases"]!.AsArray();
        Assert.That(shown.Select(d => d!["name"]!.ToString()), Is.EqualTo(new[] { "control", "movies" }));
        var movies = shown[1]!;
        Assert.That((int)movies["locks"]!["waiting"]!, Is.EqualTo(1));
        Assert.That((int)movies["activity"]!["waiting_for_a_lock"]!, Is.EqualTo(1));
        Assert.That(movies["waits"]!.AsArray().Any(w => w!["event"]!.ToString() == "relation"), Is.True);
        Assert.That((long)movies["sizes"]!["tables_bytes"]!, Is.GreaterThan(300_000));
        Assert.That((int)movies["pool"]!["places"]!, Is.GreaterThan(10));
        Assert.That(movies["replication"]!["slots"]!.AsArray().Select(s => s!["name"]!.ToString()), Does.Contain("follower"));
        Assert.That(movies["replication"]!["followers"]!.AsArray(), Has.Count.EqualTo(1));
        Assert.That((long)movies["statistics"]!["commits"]!, Is.Positive);
        await transaction.RollbackAsync();
        await wait;
    }

    [Test]
    public async Task A_database_that_is_away_is_named_and_the_others_are_shown()
    {
        var (exit, json, error) = await RunAsync("Host=127.0.0.1;Port=1;Username=x;Password=verysecret");
        Assert.That(exit, Is.EqualTo(1));
        Assert.That(json["databases"]![0]!["server"], Is.Not.Null);
        Assert.That(json["databases"]![1]!["error"]!.ToString(), Does.Contain("connect"));
        Assert.That(error, Does.Contain("error: movies: ").And.Contain("HINT: ").And.Not.Contain("verysecret"));
    }

    private static async Task<(int Exit, JsonNode Json, string Error)> RunAsync(string target)
    {
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["HEALING__CONTROL__CONNECTION"] = await DashCluster.LedgerAsync(),
            ["HEALING__TARGETS__0__NAME"] = "movies",
            ["HEALING__TARGETS__0__CONNECTION"] = target,
        };
        await using var process = HealingProcess.Start(environment, "metrics");
        var exit = await process.WaitForExitAsync(TimeSpan.FromSeconds(30));
        return (exit, JsonNode.Parse(string.Join('\n', process.Output)) ?? throw new InvalidDataException(), string.Join('\n', process.Error));
    }
}
