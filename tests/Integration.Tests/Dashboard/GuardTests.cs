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
