using System.Net.Sockets;
using System.Text;
using HealingWorkers.Jobs.Errors;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

[TestFixture, NonParallelizable]
public sealed class GuardTests
{
    private Stage _stage = null!;

    [OneTimeSetUp]
    public async Task OpenAsync() => _stage = await Stage.OpenAsync();

    [OneTimeTearDown]
    public async Task CloseAsync() => await _stage.DisposeAsync();

    [TestCase("evil.example", 403)]
    [TestCase("127.0.0.1.evil.example", 403)]
    [TestCase("", 403)]
    [TestCase("localhost", 200)]
    [TestCase("[::1]:80", 200)]
    public async Task Only_loopback_names_are_answered(string host, int expected) =>
        Assert.That(await RawAsync($"GET /livez HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"), Is.EqualTo(expected));

    [TestCase("Origin: http://evil.example\r\nContent-Type: application/json", 403)]
    [TestCase("Origin: null\r\nContent-Type: application/json", 403)]
    [TestCase("Content-Type: text/plain", 415)]
    [TestCase("Content-Type: application/x-www-form-urlencoded", 415)]
    [TestCase("Content-Type: application/json", 200)]
    [TestCase("Origin: http://127.0.0.1\r\nContent-Type: application/json; charset=utf-8", 200)]
    public async Task A_page_of_elsewhere_may_change_nothing(string headers, int expected)
    {
        const string body = """{"reason":"x","actor":"y"}""";
        Assert.That(await RawAsync($"POST /api/v1/pause HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}"), Is.EqualTo(expected));
    }

    [TestCase("/api/v1/audit/Export", true)]
    [TestCase("/API/V1/incidents/EXPORT", true)]
    [TestCase("/Events", true)]
    [TestCase("/api/v1/audit", false)]
    public void What_is_sent_while_it_is_made_is_known_in_any_letters(string path, bool isLong) => Assert.That(HealingWorkers.Dashboard.Outage.OutageGuard.IsLong(path), Is.EqualTo(isLong));

    [Test]
    public async Task In_other_letters_the_api_is_the_api()
    {
        using var page = new HttpRequestMessage(HttpMethod.Get, "/API/v1/nothing");
        page.Headers.Add("Accept", "text/html");
        using var told = await _stage.Http.SendAsync(page);
        Assert.That(((int)told.StatusCode, told.Content.Headers.ContentType!.MediaType), Is.EqualTo((404, "application/problem+json")));
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["reason"] = "x" });
        Assert.That((int)(await _stage.Http.PostAsync("/API/v1/pause", form)).StatusCode, Is.EqualTo(415));
    }

    [TestCase("/api/v1/incidents?search=%00")]
    [TestCase("/api/v1/jobs?target=a%00b")]
    public async Task What_no_database_takes_is_the_fault_of_whoever_sent_it(string path)
    {
        using var answer = await _stage.Http.GetAsync(path);
        Assert.That(((int)answer.StatusCode, answer.Headers.RetryAfter), Is.EqualTo((400, (object?)null)));
        Assert.That((await Stage.ReadAsync(answer)).Body["code"]!.ToString(), Is.EqualTo("invalid_request"));
    }

    [Test]
    public async Task A_text_of_a_change_that_no_database_takes_is_refused_and_its_key_is_free()
    {
        Assert.That(await PauseAsync("re\0lease"), Is.EqualTo(400));
        Assert.That(await PauseAsync("release"), Is.EqualTo(200), "under the same key, since nothing was changed");

        async Task<int> PauseAsync(string reason)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/api/v1/pause") { Content = System.Net.Http.Json.JsonContent.Create(new { reason, actor = "anna" }), Headers = { { "Idempotency-Key", "nul" } } };
            using var answer = await _stage.Http.SendAsync(request);
            return (int)answer.StatusCode;
        }
    }

    [Test]
    public async Task A_fault_of_our_own_is_no_outage()
    {
        await using var stage = await Stage.OpenAsync();
        await DashCluster.Cluster.ExecuteAsync(new Npgsql.NpgsqlConnectionStringBuilder(stage.Options.Control.Connection).Database!, "ALTER TABLE healing.incidents RENAME COLUMN detail TO other");
        using var answer = await stage.Http.GetAsync("/api/v1/incidents");
        Assert.That(((int)answer.StatusCode, answer.Headers.RetryAfter), Is.EqualTo((500, (object?)null)));
        Assert.That((await Stage.ReadAsync(answer)).Body["code"]!.ToString(), Is.EqualTo("unexpected"));
    }

    [Test]
    public async Task What_goes_wrong_in_a_target_is_told_as_the_targets()
    {
        var target = await DashCluster.DatabaseAsync("asked");
        await using var stage = await Stage.OpenAsync(change: o => o.Targets.Add(new Jobs.Options.TargetOptions { Name = "movies", Connection = target }));
        await DashCluster.Cluster.ExecuteAsync(new Npgsql.NpgsqlConnectionStringBuilder(target).Database!, "CREATE SCHEMA healing_quarantine; CREATE TABLE healing_quarantine.batches (other int); CREATE TABLE healing_quarantine.parts (other int); CREATE TABLE healing_quarantine.rows (other int)");
        var incident = await new Story(stage.Db).DamageAsync("one");
        var (status, body) = await stage.GetAsync($"/api/v1/quarantine/{incident.Id}/rows");
        Assert.That((status, body["code"]!.ToString()), Is.EqualTo((409, "conflict")), body.ToJsonString());
        Assert.That(body["detail"]!.ToString(), Does.StartWith("movies answered 42"));
    }

    [Test]
    public async Task A_body_beyond_bounds_is_refused()
    {
        using var content = new StringContent(new string(' ', 100_000), Encoding.UTF8, "application/json");
        Assert.That((int)(await _stage.Http.PostAsync("/api/v1/pause", content)).StatusCode, Is.EqualTo(413));
    }

    [Test]
    public async Task A_port_in_use_is_told_with_a_hint()
    {
        var refused = await Assert.ThrowsAsync<HealingException>(async () => await Stage.OpenAsync(change: o => o.Http.Listen = _stage.Http.BaseAddress!.Authority));
        Assert.That(refused!.Message, Does.Contain("in use").And.Contain(_stage.Http.BaseAddress!.Authority));
        Assert.That(refused.Hint, Does.Contain("http.listen"));
    }

    [Test]
    public async Task Beyond_loopback_nothing_is_served() =>
        await Assert.ThrowsAsync<HealingException>(async () => await Stage.OpenAsync(change: o => o.Http.Listen = "0.0.0.0:0"));

    [Test]
    public async Task The_index_lists_the_addresses()
    {
        var index = await _stage.Http.GetStringAsync("/api");
        Assert.That(index, Does.Contain("GET   /api/v1/incidents\n").And.Contain("POST  /api/v1/pause\n").And.Contain("GET   /openapi/v1.json\n").And.Contain("GET   /healthz/database\n"));
    }

    private async Task<int> RawAsync(string request)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", _stage.Http.BaseAddress!.Port);
        await using var stream = socket.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream);
        var first = await reader.ReadLineAsync();
        return int.Parse(first!.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
    }
}
