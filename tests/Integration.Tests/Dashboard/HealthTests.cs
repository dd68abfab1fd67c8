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
        var (status, body) = await stage.GetAsync("/healthz/database");
        Assert.That(status, Is.EqualTo(200), body.ToJsonString());
        Assert.That(body["databases"]!.AsArray().Select(d => $"{d!["name"]} {d["role"]} {d["status"]} {d["writable"]}"),
            Is.EqualTo(new[] { "control control ok true", "movies target ok true", "shop target ok true" }));

        await cluster.StopAsync();
        (status, body) = await stage.GetAsync("/healthz/database");
        Assert.That(status, Is.EqualTo(503));
        Assert.That(body["status"]!.ToString(), Is.EqualTo("failed"));
        var movies = body["databases"]!.AsArray().Single(d => d!["status"]!.ToString() == "failed")!;
        Assert.That(movies["name"]!.ToString(), Is.EqualTo("movies"));
        Assert.That(movies["reason"]!.ToString(), Does.Contain("connect"));
        Assert.That(movies["hint"]!.ToString(), Is.Not.Empty);
        Assert.That(body.ToJsonString(), Does.Not.Contain(cluster.Password));
        Assert.That((await stage.GetAsync("/healthz/database?target=shop")).Status, Is.EqualTo(200));
        Assert.That((await stage.GetAsync("/readyz")).Status, Is.EqualTo(200), "a target that is away does not make the dashboard unready");

        await cluster.StartAsync();
        Assert.That((await stage.GetAsync("/healthz/database?target=movies")).Status, Is.EqualTo(200));
        cluster.Freeze();
        try
        {
            (status, body) = await stage.GetAsync("/healthz/database?target=movies");
            Assert.That(status, Is.EqualTo(503));
            Assert.That(body["databases"]![0]!["reason"]!.ToString(), Does.Contain("no answer"));
        }
        finally
        {
            cluster.Thaw();
        }
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
        var (status, body) = await stage.GetAsync("/healthz/database?target=healed");
        Assert.That(status, Is.EqualTo(503));
        Assert.That(body["databases"]![0]!["writable"]!.GetValue<bool>(), Is.False);
        Assert.That(body["databases"]![0]!["reason"]!.ToString(), Does.Contain("standby"));
        (status, body) = await stage.GetAsync("/healthz/database?target=observed");
        Assert.That(status, Is.EqualTo(200), body.ToJsonString());
    }

    [Test]
    public async Task A_role_that_may_only_read_is_told_of()
    {
        var target = await DashCluster.DatabaseAsync("readonly");
        var name = new Npgsql.NpgsqlConnectionStringBuilder(target).Database!;
        await DashCluster.Cluster.ExecuteAsync("postgres", $"ALTER DATABASE {name} SET default_transaction_read_only = on");
        await using var stage = await Stage.OpenAsync(change: o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = target }));
        var (status, body) = await stage.GetAsync("/healthz/database?target=movies");
        Assert.That(status, Is.EqualTo(503));
        Assert.That(body["databases"]![0]!["hint"]!.ToString(), Does.Contain("default_transaction_read_only"));
    }

    [Test]
    public async Task A_dashboard_lives_without_its_ledger_and_is_not_ready()
    {
        await using var cluster = await PgCluster.StartNewAsync();
        await new Jobs.Ledger.Migrator(cluster.TcpConnectionString("postgres"), TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        await using var stage = await Stage.OpenAsync(cluster.TcpConnectionString("postgres"));
        Assert.That((await stage.GetAsync("/healthz")).Status, Is.EqualTo(200));
        await cluster.StopAsync();
        Assert.That((await stage.GetAsync("/livez")).Status, Is.EqualTo(200));
        foreach (var path in (string[])["/readyz", "/healthz", "/api/v1/incidents"])
        {
            var (status, body) = await stage.GetAsync(path);
            Assert.That(status, Is.EqualTo(503), path);
            Assert.That(body["code"]!.ToString(), Is.EqualTo("ledger_unavailable"), path);
        }
        var metrics = await stage.Http.GetStringAsync("/metrics");
        Assert.That(metrics, Does.Contain("\nhealing_ledger_up 0\n").And.Contain("healing_job_active").And.Not.Contain("db_corruption_events"));
    }
}
