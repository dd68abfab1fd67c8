using System.Net.Http.Json;
using HealingWorkers.Dashboard.Access;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Access;

[TestFixture, NonParallelizable]
public sealed class TokenTests
{
    private static readonly object Why = new { reason = "release", actor = "anna" };
    private Guarded _guarded = null!;

    [SetUp]
    public async Task OpenAsync() => _guarded = await Guarded.OpenAsync();

    [TearDown]
    public async Task CloseAsync() => await _guarded.DisposeAsync();

    [TestCase(TokenScope.Metrics, 403, 200, 403)]
    [TestCase(TokenScope.Read, 200, 200, 403)]
    [TestCase(TokenScope.Operate, 200, 200, 200)]
    public async Task A_token_is_good_for_its_scope(TokenScope scope, int read, int metrics, int change)
    {
        using var client = await _guarded.WithTokenAsync(scope);
        Assert.That((int)(await client.GetAsync("/api/v1/incidents")).StatusCode, Is.EqualTo(read));
        Assert.That((int)(await client.GetAsync("/metrics")).StatusCode, Is.EqualTo(metrics));
        Assert.That((int)(await client.PostAsJsonAsync("/api/v1/pause", Why)).StatusCode, Is.EqualTo(change));
        if (change == 200)
            Assert.That((await _guarded.AuditAsync())[^1], Is.EqualTo("repairs.paused token:robot"), "whatever the body says");
    }

    [Test]
    public async Task Why_a_database_is_not_well_is_for_tokens_that_may_see_it()
    {
        await using var two = await Guarded.OpenAsync(o => o.Targets.Add(new Jobs.Options.TargetOptions { Name = "books", Connection = "Host=127.0.0.1;Port=2" }));
        foreach (var (scope, targets, seen, hint) in new (TokenScope, string[], string, string)[]
        {
            (TokenScope.Read, [], "127.0.0.1:1 127.0.0.1:2", "configured are: movies, books"),
            (TokenScope.Read, ["books"], "127.0.0.1:2", "configured are: books"),
            (TokenScope.Metrics, [], "", "configured are: (none for this token)"),
            (TokenScope.Metrics, ["books"], "", "configured are: (none for this token)"),
        })
        {
            using var client = await two.WithTokenAsync(scope, null, targets);
            var (_, body) = await Stage.ReadAsync(await client.GetAsync("/healthz/database"));
            var said = body["databases"]!.AsArray().Where(d => d!["status"]!.ToString() == "failed").ToList();
            Assert.That(said, Has.Count.EqualTo(2));
            Assert.That(string.Join(' ', said.SelectMany(d => System.Text.RegularExpressions.Regex.Matches($"{d!["reason"]} {d["hint"]}", @"127\.0\.0\.1:\d", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1))).Select(m => m.Value)), Is.EqualTo(seen));
            Assert.That(said.Count(d => d!["hint"] is not null), Is.EqualTo(seen.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length));
            var (status, unknown) = await Stage.ReadAsync(await client.GetAsync("/healthz/database?target=zzz"));
            Assert.That((status, unknown["hint"]!.ToString()), Is.EqualTo((404, hint)));
        }
    }

    [Test]
    public async Task Expired_revoked_and_invented_tokens_are_refused()
    {
        using var expired = await _guarded.WithTokenAsync(TokenScope.Operate, TimeSpan.FromMinutes(-1));
        Assert.That(await CodeAsync(expired), Is.EqualTo("token_expired"));
        using var good = await _guarded.WithTokenAsync(TokenScope.Operate);
        Assert.That((int)(await good.GetAsync("/api/v1/incidents")).StatusCode, Is.EqualTo(200));
        var entry = _guarded.Tokens.Read()[^1];
        using var guessed = _guarded.WithToken($"hlg_{entry.Id}_{new string('0', 64)}");
        Assert.That(await CodeAsync(guessed), Is.EqualTo("token_unknown"));
        using var hash = _guarded.WithToken($"hlg_{entry.Id}_{entry.Hash}");
        Assert.That(await CodeAsync(hash), Is.EqualTo("token_unknown"), "what the file holds is no token");
        await _guarded.Tokens.RemoveAsync(entry.Id, TimeProvider.System, CancellationToken.None);
        await Poll.UntilAsync(async cancel => (int)(await good.GetAsync("/api/v1/incidents", cancel)).StatusCode == 401, TimeSpan.FromSeconds(10), "the token is taken back");
        Assert.That(await CodeAsync(good), Is.EqualTo("token_unknown"));
    }

    [Test]
    public async Task A_wrong_token_is_not_made_good_by_a_session()
    {
        using var anna = await _guarded.LoggedInAsync("anna");
        anna.DefaultRequestHeaders.Add("Authorization", "Bearer hlg_x_y");
        Assert.That((int)(await anna.GetAsync("/api/v1/incidents")).StatusCode, Is.EqualTo(401));
    }

    [Test]
    public async Task A_token_for_a_target_changes_nothing_else()
    {
        var mine = await new Story(_guarded.Stage.Db).DamageAsync("mine");
        var other = await new Story(_guarded.Stage.Db, "books", "7000000000000000002").DamageAsync("other");
        using var client = await _guarded.WithTokenAsync(TokenScope.Operate, null, "movies");
        Assert.That((int)(await client.GetAsync("/api/v1/incidents")).StatusCode, Is.EqualTo(200));
        Assert.That(await PostAsync(client, $"/api/v1/incidents/{mine.Id}/suppress", """{"reason":"x","actor":"y"}"""), Is.EqualTo("200"));
        Assert.That(await PostAsync(client, $"/api/v1/incidents/{other.Id}/suppress", """{"reason":"x","actor":"y"}"""), Is.EqualTo("403 token_target"));
        Assert.That(await PostAsync(client, "/api/v1/pause", """{"target":"movies","reason":"x","actor":"y"}"""), Is.EqualTo("200"));
        Assert.That(await PostAsync(client, "/api/v1/pause", """{"reason":"x","actor":"y"}"""), Is.EqualTo("403 token_target"));
        Assert.That(await PostAsync(client, "/api/v1/pause", """{"target":"books","reason":"x","actor":"y"}"""), Is.EqualTo("403 token_target"));
        Assert.That(await PostAsync(client, "/api/v1/pause", """{"target":"movies","Target":"books","reason":"x","actor":"y"}"""), Is.EqualTo("403 token_target"), "a second name hides behind the first");
        Assert.That(await PostAsync(client, "/api/v1/pause", """{"target":"movies","target":null,"reason":"x","actor":"y"}"""), Is.EqualTo("403 token_target"));
        Assert.That(await PostAsync(client, "/api/v1/alerts/test", """{"target":"movies","reason":"x","actor":"y"}"""), Is.EqualTo("403 token_target"), "what names no target is closed");
    }

    private static async Task<string> PostAsync(HttpClient client, string path, string body)
    {
        using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        var (status, said) = await Stage.ReadAsync(await client.PostAsync(path, content));
        return $"{status} {(said as System.Text.Json.Nodes.JsonObject)?["code"]}".Trim();
    }

    private static async Task<string> CodeAsync(HttpClient client)
    {
        var (status, body) = await Stage.ReadAsync(await client.GetAsync("/api/v1/incidents"));
        Assert.That(status, Is.EqualTo(401));
        return body["code"]!.ToString();
    }
}
