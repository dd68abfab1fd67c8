using HealingWorkers.Jobs.Options;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

[TestFixture, NonParallelizable]
public sealed class HealthTests
{
    [Test]
    public async Task Databases_are_reached_and_a_stopped_target_is_named_until_it_is_back()
    {
        await using var cluster = await PgCluster.StartNewAsync();
        var here = await DashCluster.DatabaseAsync("target");
        await using var stage = await Stage.OpenAsync(change: o =>
        {
            o.Targets.Add(new TargetOptions { Name = "movies", Connection = cluster.TcpConnectionString("postgres") });
            o.Targets.Add(new TargetOptions { Name = "shop", Connection = here });
        });
        var (status, body) = await UntilAsync(stage, "/healthz/database", 200);
        Assert.That(status, Is.EqualTo(200), body.ToJsonString());
        Assert.That(body["databases"]!.AsArray().Select(d => $"{d!["name"]} {d["role"]} {d["status"]} {d["writable"]}"),
            Is.EqualTo(new[] { "control control ok true", "movies target ok true", "shop target ok true" }));

        await cluster.StopAsync();
        (status, body) = await UntilAsync(stage, "/healthz/database", 503);
        Assert.That(status, Is.EqualTo(503));
        Assert.That(body["status"]!.ToString(), Is.EqualTo("failed"));
        var movies = body["databases"]!.AsArray().Single(d => d!["status"]!.ToString() == "failed")!;
        Assert.That(movies["name"]!.ToString(), Is.EqualTo("movies"));
        Assert.That(movies["reason"]!.ToString(), Does.Contain("connect"));
        Assert.That(movies["hint"]!.ToString(), Is.Not.Empty);
        Assert.That(body.ToJsonString(), Does.Not.Contain(cluster.Password));
        await UntilAsync(stage, "/healthz/database?target=shop", 200);
        // a target that is away does not make the dashboard unready
        await UntilAsync(stage, "/readyz", 200);

        await cluster.StartAsync();
        await UntilAsync(stage, "/healthz/database?target=movies", 200);
        cluster.Freeze();
        try
        {
            (status, body) = await UntilAsync(stage, "/healthz/database?target=movies", 503);
            Assert.That(status, Is.EqualTo(503));
            Assert.That(body["databases"]![0]!["reason"]!.ToString(), Does.Contain("no answer"));
        }
        finally
        {
            cluster.Thaw();
        }
    }

    [Test]
    public async Task However_many_ask_a_database_is_asked_once()
    {
        var target = new Npgsql.NpgsqlConnectionStringBuilder(await DashCluster.DatabaseAsync("asked"));
        await DashCluster.Cluster.ExecuteAsync("postgres", "CREATE ROLE one_at_a_time LOGIN PASSWORD 'only for this test' CONNECTION LIMIT 1");
        (target.Username, target.Password) = ("one_at_a_time", "only for this test");
        await using var stage = await Stage.OpenAsync(change: o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = target.ConnectionString, Mode = HealingMode.Observe }));
        var answers = await Task.WhenAll(Enumerable.Range(0, 120).Select(_ => stage.GetAsync("/healthz/database")));
        Assert.That(answers.Select(a => a.Body.ToJsonString()).Where(b => b.Contains("too many connections", StringComparison.Ordinal)), Is.Empty, "more than one session would have been refused");
        Assert.That(answers.Select(a => a.Status), Does.Contain(200));

        var ledger = new Npgsql.NpgsqlConnectionStringBuilder(stage.Options.Control.Connection).Database;
        var before = await SessionsAsync(ledger!);
        Assert.That((await Task.WhenAll(Enumerable.Range(0, 120).Select(i => stage.GetAsync(i % 2 == 0 ? "/readyz" : "/healthz")))).Select(a => a.Status), Is.All.EqualTo(200).Or.EqualTo(503));
        await Task.Delay(TimeSpan.FromSeconds(2), TimeProvider.System);
        Assert.That(await SessionsAsync(ledger!) - before, Is.LessThan(20));
    }

    private static Task<long> SessionsAsync(string database) =>
        DashCluster.Cluster.ScalarAsync<long>("postgres", "SELECT sessions FROM pg_stat_database WHERE datname = @database", new { database });

    /// <summary>What was seen is told for a moment, and a machine that stands still gives no answer in time.</summary>
    private static async Task<(int Status, System.Text.Json.Nodes.JsonNode Body)> UntilAsync(Stage stage, string path, int status, string said = "")
    {
        var answer = await stage.GetAsync(path);
        await Poll.UntilAsync(
            async _ => (answer = await stage.GetAsync(path)).Status == status && answer.Body.ToJsonString().Contains(said, StringComparison.Ordinal), TimeSpan.FromSeconds(6), $"{path} to answer {status} {said}");
        return answer;
    }

    [Test]
    public async Task An_unknown_target_is_a_problem_that_lists_the_known()
    {
        await using var stage = await Stage.OpenAsync(change: o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = "Host=127.0.0.1;Port=1" }));
        var (status, body) = await stage.GetAsync("/healthz/database?target=nope");
        Assert.That(status, Is.EqualTo(404));
        Assert.That(body["code"]!.ToString(), Is.EqualTo("target_unknown"));
        Assert.That(body["hint"]!.ToString(), Does.Contain("movies"));
    }

    [Test]
    public async Task A_standby_is_well_where_it_is_observed_and_not_where_it_is_to_be_healed()
    {
        await using var standby = await PgStandby.StartNewAsync(DashCluster.Cluster, "health");
        await using var stage = await Stage.OpenAsync(change: o =>
        {
            o.Targets.Add(new TargetOptions { Name = "healed", Connection = standby.TcpConnectionString("postgres") });
            o.Targets.Add(new TargetOptions { Name = "observed", Connection = standby.TcpConnectionString("postgres"), Mode = HealingMode.Observe });
        });
        var (_, body) = await UntilAsync(stage, "/healthz/database?target=healed", 503, "standby");
        Assert.That(body["databases"]![0]!["writable"]!.GetValue<bool>(), Is.False);
        Assert.That(body["databases"]![0]!["reason"]!.ToString(), Does.Contain("standby"));
        await UntilAsync(stage, "/healthz/database?target=observed", 200);
    }

    [Test]
    public async Task A_role_that_may_only_read_is_told_of()
    {
        var target = await DashCluster.DatabaseAsync("readonly");
        var name = new Npgsql.NpgsqlConnectionStringBuilder(target).Database!;
        await DashCluster.Cluster.ExecuteAsync("postgres", $"ALTER DATABASE {name} SET default_transaction_read_only = on");
        await using var stage = await Stage.OpenAsync(change: o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = target }));
        var (_, body) = await UntilAsync(stage, "/healthz/database?target=movies", 503, "default_transaction_read_only");
        Assert.That(body["databases"]![0]!["hint"]!.ToString(), Does.Contain("default_transaction_read_only"));
    }

    [Test]
    public async Task A_dashboard_lives_without_its_ledger_and_is_not_ready()
    {
        await using var cluster = await PgCluster.StartNewAsync();
        await new Jobs.Ledger.Migrator(cluster.TcpConnectionString("postgres"), TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        await using var stage = await Stage.OpenAsync(cluster.TcpConnectionString("postgres"));
        await UntilAsync(stage, "/healthz", 200);
        await cluster.StopAsync();
        Assert.That((await stage.GetAsync("/livez")).Status, Is.EqualTo(200));
        foreach (var path in (string[])["/readyz", "/healthz", "/api/v1/incidents"])
        {
            var (status, body) = await UntilAsync(stage, path, 503);
            Assert.That(status, Is.EqualTo(503), path);
            Assert.That(body["code"]!.ToString(), Is.EqualTo("ledger_unavailable"), path);
        }
        var metrics = await stage.Http.GetStringAsync("/metrics");
        Assert.That(metrics, Does.Contain("\nhealing_ledger_up 0\n").And.Contain("healing_job_active").And.Not.Contain("db_corruption_events"));
    }
}
