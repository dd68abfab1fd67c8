using System.Text.Json.Nodes;
using HealingWorkers.Dashboard.Access;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using Dapper;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Access;

/// <summary>A token for one target asks for everything that the API says it has, of its own target and of another one whose every text bears a mark.</summary>
[TestFixture, NonParallelizable]
public sealed class TargetSightTests
{
    private const string Mark = "zqsecret";
    private const string Others = "books_" + Mark;
    private static readonly string[] Closed = ["/api/v1/workers", "/api/v1/workers/{id}", "/api/v1/audit/chain", "/api/v1/configuration", "/api/v1/alerts"];
    /// <summary>They take no target, and leave out by themselves what is not to be seen.</summary>
    private static readonly string[] Filtering = ["/metrics", "/api/v1/targets", "/api/v1/schedules"];
    /// <summary>They have no row of anybody in this test, or ask a target that is not there.</summary>
    private static readonly string[] Elsewhere = ["/livez", "/readyz", "/healthz", "/healthz/database"];
    private Guarded _guarded = null!;
    private readonly Dictionary<string, (string Mine, string Other)> _ids = [];
    private List<string> _paths = [];

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _guarded = await Guarded.OpenAsync(o => o.Targets.Add(new TargetOptions { Name = Others, Connection = "Host=127.0.0.1;Port=1" }));
        var (mine, other) = (await FillAsync("movies", "mine", "7000000000000000001"), await FillAsync(Others, Mark, "7000000000000000002"));
        foreach (var name in (string[])["incidents", "quarantine"])
            _ids[name] = ($"{mine.Incident}", $"{other.Incident}");
        _ids["jobs"] = ($"{mine.Run}", $"{other.Run}");
        _ids["targets"] = ("movies", Others);
        _ids["schedules"] = ("db.health_check:movies", $"db.health_check:{Others}");
        _ids["workers"] = ("w", "w");
        using var free = await _guarded.WithTokenAsync(TokenScope.Read);
        var document = JsonNode.Parse(await free.GetStringAsync("/openapi/v1.json"))!;
        _paths = [.. document["paths"]!.AsObject().Where(p => p.Value!["get"] is not null).Select(p => p.Key)];
    }

    [OneTimeTearDown]
    public async Task CloseAsync() => await _guarded.DisposeAsync();

    [Test]
    public async Task It_sees_its_own_target_and_nothing_of_another_wherever_it_asks()
    {
        using var bound = await _guarded.WithTokenAsync(TokenScope.Read, null, "movies");
        using var free = await _guarded.WithTokenAsync(TokenScope.Read);
        Assert.That(_paths, Has.Count.GreaterThan(25));
        var (leaks, shown) = (new List<string>(), 0);
        foreach (var path in _paths.Except(Elsewhere))
        {
            var (own, foreign) = (Filled(path, mine: true), Filled(path, mine: false));
            foreach (var asked in Ways(foreign))
            {
                var (status, body) = await AskAsync(bound, asked);
                if (body.Contains(Mark, StringComparison.Ordinal) || (status < 400 && asked.Contains(Mark, StringComparison.Ordinal) && !Filtering.Contains(path, StringComparer.Ordinal)))
                    leaks.Add($"{asked}: {status} {body[..Math.Min(200, body.Length)]}");
            }
            var (whole, said) = await AskAsync(free, foreign);
            Assert.That(whole, Is.LessThan(500), $"{foreign}: {said}");
            shown += said.Contains(Mark, StringComparison.Ordinal) ? 1 : 0;
            var (mineStatus, mineSaid) = await AskAsync(bound, own);
            Assert.That(mineStatus == 403, Is.EqualTo(Closed.Contains(path, StringComparer.Ordinal)), $"{own}: {mineStatus} {mineSaid}");
        }
        Assert.That(leaks, Is.Empty);
        Assert.That(shown, Is.GreaterThan(15), "a token for all targets is shown the marks: there was something to leak");
    }

    [Test]
    public async Task What_is_no_part_of_the_document_is_closed_as_well()
    {
        using var bound = await _guarded.WithTokenAsync(TokenScope.Read, null, "movies");
        foreach (var page in (string[])["/", "/incidents", "/quarantine", $"/targets/{Others}", "/audit", "/jobs", "/events", "/configuration"])
            Assert.That((await AskAsync(bound, page)).Status, Is.EqualTo(403), page);
    }

    [Test]
    public async Task A_token_for_two_targets_names_the_one_it_means()
    {
        using var both = await _guarded.WithTokenAsync(TokenScope.Read, null, "movies", Others);
        var (status, body) = await AskAsync(both, "/api/v1/incidents");
        Assert.That(status, Is.EqualTo(403));
        Assert.That(body, Does.Contain("?target=movies"));
        Assert.That((await AskAsync(both, $"/api/v1/incidents?target={Others}")).Body, Does.Contain(Mark));
        Assert.That((await AskAsync(both, $"/api/v1/incidents?target=movies&target={Others}")).Status, Is.EqualTo(403));
        Assert.That((await AskAsync(both, "/api/v1/targets")).Body, Does.Contain(Mark).And.Contain("movies"));
    }

    [Test]
    public async Task Its_metrics_are_those_of_its_target()
    {
        using var bound = await _guarded.WithTokenAsync(TokenScope.Metrics, null, "movies");
        var (_, body) = await AskAsync(bound, "/metrics");
        Assert.That(body, Does.Contain("target=\"movies\"").And.Not.Contain(Mark));
        Assert.That(body.Split('\n').Where(l => l.Length > 0 && l[0] != '#'), Has.All.Contains("target=\"movies\""));
    }

    private static IEnumerable<string> Ways(string path) =>
        [path, $"{path}?target={Others}", $"{path}?Target={Others}", $"{path}?target=movies&target={Others}", $"{path}?target=", $"{path}?target=movies&Target={Others}"];

    private string Filled(string path, bool mine)
    {
        var parts = path.Split('/');
        for (var i = 1; i < parts.Length; i++)
        {
            if (parts[i].StartsWith('{'))
                parts[i] = mine ? _ids[parts[i - 1]].Mine : _ids[parts[i - 1]].Other;
        }
        return string.Join('/', parts);
    }

    private static async Task<(int Status, string Body)> AskAsync(HttpClient client, string path)
    {
        using var answer = await client.GetAsync(path);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }

    /// <summary>One of everything, each text with the mark.</summary>
    private async Task<(long Incident, long Run)> FillAsync(string target, string mark, string system)
    {
        var db = _guarded.Stage.Db;
        var incident = await new Story(db, target, system).DamageAsync($"{mark}_index");
        await using var connection = await db.Source.OpenConnectionAsync();
        await connection.ExecuteAsync(
            """
            INSERT INTO healing.attempts (incident_id, number, worker, token, ended_at, outcome, repair, rows_quarantined, verification) VALUES (@id, 1, @mark, 1, now(), 'succeeded', @mark, 3, @mark);
            INSERT INTO healing.receipts (seq, incident_id, attempt, body, previous_hash, hash) VALUES (@id, @id, 1, json_build_object('x', @mark), @mark, @mark);
            INSERT INTO healing.snapshots (incident_id, attempt, kind, place, host, bytes, sha256, manifest, expires_at) VALUES (@id, 1, 'relation', @mark, @mark, 1, @mark, '{}', now());
            INSERT INTO healing.audit_log (event_type, severity, message, actor, target_id, incident_id) VALUES ('x', 'info', @mark, @mark, @target, @id);
            INSERT INTO healing.pauses (target_id, actor, why) VALUES (@target, @mark, @mark);
            INSERT INTO healing.backups (target_id, system_identifier, provider, state, host, place, server_version) VALUES (@target, @system, 'pg_dump', 'running', @mark, @mark, 150000);
            INSERT INTO healing.restore_tests (backup_id, host, error) SELECT id, @mark, @mark FROM healing.backups WHERE target_id = @target;
            """, new { id = incident.Id, mark, target = incident.TargetId, system });
        await new AuditLog(db).WriteAsync(new AuditEntry("fleet", "info", mark == Mark ? Mark : "fleet", "anna"), CancellationToken.None);
        var run = (await new JobLedger(db).RequestAsync(new JobRequest($"k:{mark}", "db.health_check", target, new JsonObject { ["why"] = mark }, mark), CancellationToken.None))!;
        return (incident.Id, run.Id);
    }
}
