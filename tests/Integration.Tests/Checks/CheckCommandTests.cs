using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

[TestFixture, NonParallelizable]
public sealed class CheckCommandTests
{
    [Test]
    public async Task A_sound_database_is_clean_with_exit_0_and_nothing_on_standard_error()
    {
        var database = await CheckCluster.MoviesAsync();
        await CheckCluster.Cluster.ExecuteAsync(database, "CREATE EXTENSION IF NOT EXISTS pg_visibility");
        var result = await HealingExecutable.RunAsync("check", "--connection", CheckCluster.Cluster.ConnectionString(database), "--jobs", "2", "--format", "json");
        Assert.That((result.ExitCode, result.Error), Is.EqualTo((0, "")));
        var json = JsonNode.Parse(result.Output)!.AsObject();
        Assert.That(json.Select(p => p.Key), Is.EqualTo(new[] { "target", "checks", "findings" }));
        Assert.That(json["target"]!.ToString(), Is.EqualTo(database));
        Assert.That(json["findings"]!.AsArray(), Is.Empty);
        Assert.That(json["checks"]!.AsArray().Select(c => (c!["name"]!.ToString(), c["status"]!.ToString())), Is.EqualTo(CheckCatalogue.All.Select(c => (c.Description.Name,
            c.Description.Ground == Ground.Live && c.Description.FirstMajor <= CheckCluster.Cluster.Options.Binaries.Major ? "clean" : "unavailable"))));
        Assert.That(json["checks"]![0]!.AsObject().Select(p => p.Key), Is.EqualTo(new[] { "name", "status", "seconds", "reason" }));
    }

    [Test]
    public async Task Damage_is_exit_2_and_has_the_contracts_fields()
    {
        var database = await CheckCluster.MoviesAsync();
        await new Damage(CheckCluster.Cluster, database).Index.ZeroLeafAsync(MoviesSchema.HostileIndex);
        var connection = CheckCluster.Cluster.ConnectionString(database);
        var result = await HealingExecutable.RunAsync("check", "--connection", connection, "--checks", "btree", "--format", "json");
        Assert.That(result.ExitCode, Is.EqualTo(2), result.Error);
        var finding = JsonNode.Parse(result.Output)!["findings"]!.AsArray().Single()!.AsObject();
        Assert.That(finding.Select(p => p.Key), Is.EqualTo(new[] { "check", "kind", "severity", "object", "detail", "fingerprint", "repair", "risk" }));
        Assert.That(
            (finding["check"]!.ToString(), finding["kind"]!.ToString(), finding["severity"]!.ToString(), finding["object"]!.ToString(), finding["repair"]!.ToString(), finding["risk"]!.ToString()),
            Is.EqualTo(("btree", "btree_corrupt", "critical", MoviesSchema.HostileIndex, "rebuild_index", "lossless-online")));
        var table = await HealingExecutable.RunAsync("check", "--connection", connection, "--checks", "btree,leftovers");
        Assert.That(table.ExitCode, Is.EqualTo(2));
        Assert.That(table.Output, Does.Contain("btree_corrupt").And.Contain(MoviesSchema.HostileIndex).And.Contain("leftovers"));
    }

    [Test]
    public async Task What_cannot_run_is_unavailable_and_exit_1_only_when_it_was_asked_for()
    {
        var database = await CheckCluster.MoviesAsync();
        await CheckCluster.Cluster.ExecuteAsync(database, "DROP EXTENSION amcheck");
        var connection = CheckCluster.Cluster.ConnectionString(database);
        var named = await HealingExecutable.RunAsync("check", "--connection", connection, "--checks", "btree", "--format", "json");
        Assert.That(named.ExitCode, Is.EqualTo(1));
        Assert.That(named.Error, Does.StartWith("error: ").And.Contain("HINT: ").And.Contain("healing grant"));
        Assert.That(JsonNode.Parse(named.Output)!["checks"]![0]!["status"]!.ToString(), Is.EqualTo("unavailable"));
        var all = await HealingExecutable.RunAsync("check", "--connection", connection);
        Assert.That(all.ExitCode, Is.Zero, all.Error);
        Assert.That(all.Output, Does.Contain("unavailable"));
    }

    [TestCase("no host", "--connection", "Host=127.0.0.1;Port=1;Database=x;Username=y;Password=s3cret-word")]
    [TestCase("no such string", "--connection", "nonsense s3cret-word")]
    [TestCase("no such target", "--target", "nobody")]
    [TestCase("neither")]
    [TestCase("no such check", "--connection", "Host=/nowhere;Database=x", "--checks", "btree,nonsense")]
    [TestCase("no number of jobs", "--connection", "Host=/nowhere;Database=x", "--jobs", "0")]
    [TestCase("no such directory", "--connection", "Host=/nowhere;Database=x", "--data-directory", "/nowhere/at/all")]
    public async Task Misuse_is_exit_1_with_a_hint_and_without_the_password(string what, params string[] arguments)
    {
        var result = await HealingExecutable.RunAsync(["check", .. arguments]);
        Assert.That(result.ExitCode, Is.EqualTo(1), what);
        Assert.That(result.Error, Does.StartWith("error: ").And.Contain("HINT: ").And.Not.Contain("s3cret-word"));
        Assert.That(result.Output, Is.Empty);
    }

    [Test]
    public async Task The_list_describes_every_check()
    {
        var result = await HealingExecutable.RunAsync("check", "--list", "--format", "json");
        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(JsonNode.Parse(result.Output)!.AsArray().Select(c => c!["name"]!.ToString()), Is.EqualTo(CheckCatalogue.All.Select(c => c.Description.Name)));
    }
}
