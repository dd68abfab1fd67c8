using System.Text.Json.Nodes;
using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Drill;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

/// <summary>As somebody types it: with rules in healing.yaml, and without any.</summary>
[TestFixture]
public sealed class CommandTests
{
    [Test]
    public async Task Approve_all_takes_the_catalogues_own_keys_as_opted_in()
    {
        await using var clinic = await Clinic.OpenAsync("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a int REFERENCES a); INSERT INTO a VALUES (1); INSERT INTO b VALUES (1)");
        await clinic.BehindTheKeysAsync("INSERT INTO b SELECT 7 FROM generate_series(1, 1500)");
        var connection = Clinic.Cluster.ConnectionString(clinic.Database);
        Assert.That((await RunAsync(clinic, "check", "--connection", connection, "--checks", "foreign_keys")).Code, Is.EqualTo(2));
        Assert.That((await RunAsync(clinic, "heal", "--connection", connection)).Code, Is.EqualTo(2));
        var (code, text) = await RunAsync(clinic, "heal", "--connection", connection, "--approve-all", "--format", "json");
        var incident = JsonNode.Parse(text)!["incidents"]!.AsArray().Single()!;
        Assert.That((code, (string?)incident["state"], (long)incident["rows_quarantined"]!), Is.EqualTo((0, "Resolved", 1500L)), text);
        Assert.That(await clinic.CountAsync("b"), Is.EqualTo(1));
    }

    [Test]
    public async Task Rules_are_obeyed_by_command_and_undone_by_command()
    {
        await using var clinic = await Clinic.OpenAsync("CREATE TABLE movies (id int PRIMARY KEY, rating text, needs_review text); INSERT INTO movies VALUES (1, 'G', NULL), (2, 'bad', 'note'), (3, NULL, NULL)");
        clinic.Write("healing.yaml", $$"""
            targets:
            - name: movies
              connection: "{{Clinic.Cluster.ConnectionString(clinic.Database)}}"
              rules:
                allowed_values: [{ column: movies.rating, values: [G, PG], on_violation: nullify }]
                sql: [{ name: three, query: three.sql }]
            """);
        clinic.Write("three.sql", "SELECT id FROM movies WHERE id = 3");
        var before = await TableHash.OfAsync(Clinic.Cluster, clinic.Database, "movies");
        var (code, text) = await RunAsync(clinic, "heal", "--target", "movies", "--format", "json");
        var incidents = JsonNode.Parse(text)!["incidents"]!.AsArray();
        Assert.That((code, string.Join(' ', incidents.Select(i => $"{i!["kind"]}:{i["state"]}").Order(StringComparer.Ordinal))), Is.EqualTo((2, "rule_violated:Escalated value_not_allowed:Resolved")), text);
        Assert.That(await clinic.CountAsync("movies WHERE id = 2 AND rating IS NULL AND needs_review = 'value_not_allowed'"), Is.EqualTo(1));
        var id = incidents.Single(i => (string?)i!["kind"] == "value_not_allowed")!["id"]!.ToString();
        var undone = await RunAsync(clinic, "undo", id, "--yes");
        Assert.That(undone.Code, Is.Zero, undone.Text);
        Assert.That(await TableHash.OfAsync(Clinic.Cluster, clinic.Database, "movies"), Is.EqualTo(before));
    }

    [Test]
    public async Task The_gauge_has_what_the_last_look_counted()
    {
        await using var clinic = await Clinic.OpenAsync("CREATE TABLE a (id int PRIMARY KEY); CREATE TABLE b (a int REFERENCES a)");
        await clinic.BehindTheKeysAsync("INSERT INTO b VALUES (7), (8)");
        async Task<double?> GaugeAsync()
        {
            using var metrics = new LedgerMetrics(clinic.Db, TimeProvider.System, NullLogger<LedgerMetrics>.Instance) { WaitedFor = Poll.AtLeast, Patience = Poll.AtLeast };
            return (await metrics.ReadAsync(CancellationToken.None)).Single(f => f.Metric.Name == "healing.orphans.rows").Samples is [var first, ..] ? first.Value : null;
        }
        Assert.That(await GaugeAsync(), Is.Null);
        var found = (await clinic.CheckAsync()).Single();
        Assert.That(await GaugeAsync(), Is.EqualTo(2));
        clinic.ApproveAll = true;
        await clinic.HealAsync(found);
        Assert.That(await GaugeAsync(), Is.Zero);
    }

    private static async Task<(int Code, string Text)> RunAsync(Clinic clinic, params string[] args)
    {
        var (code, text, errors) = await CommandRun.OfAsync(clinic.Db, clinic.Options, [("HEALING__WORKER__LEASE", "5m"), ("HEALING__DATABASE__AUTO_HEALING__SNAPSHOT_BEFORE_REPAIR", "false")], args);
        return (code, text + errors);
    }
}
