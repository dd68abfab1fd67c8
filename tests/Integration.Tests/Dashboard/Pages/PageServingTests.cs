using System.Net;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Pages;

/// <summary>What every page has, by plain HTTP: no browser is needed to see it.</summary>
[TestFixture, NonParallelizable]
public sealed partial class PageServingTests
{
    private Stage _stage = null!;

    [OneTimeSetUp]
    public async Task OpenAsync() => _stage = await Stage.OpenAsync();

    [OneTimeTearDown]
    public async Task CloseAsync() => await _stage.DisposeAsync();

    [Test]
    public async Task Home_is_a_page_with_everything_from_here_and_nothing_inline()
    {
        var answer = await _stage.Http.GetAsync("/");
        var html = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.Headers.GetValues("Content-Security-Policy").Single(), Does.StartWith("default-src 'none'").And.Not.Contain("unsafe"));
        Assert.That(html, Does.Contain("<h1>Home</h1>").And.Contain("lang=\"en\"").And.Contain("href=\"#content\"").And.Contain("aria-current=\"page\""));
        Assert.That(html, Does.Not.Contain(" style=").And.Not.Contain("<style").And.Not.Contain("mark-"));
        Assert.That(Script().Matches(html).Select(m => m.Value), Has.All.Contains("src=\"/assets/"));
        foreach (var asset in Asset().Matches(html).Select(m => m.Groups[1].Value))
        {
            var got = await _stage.Http.GetAsync(asset);
            Assert.That((got.StatusCode, got.Headers.CacheControl?.ToString()), Is.EqualTo((HttpStatusCode.OK, "public, max-age=31536000, immutable")), asset);
        }
    }

    [Test]
    public async Task A_browser_is_told_with_a_page_what_a_program_is_told_in_json()
    {
        using var ask = new HttpRequestMessage(HttpMethod.Get, "/nowhere") { Headers = { { "Accept", "text/html,*/*" } } };
        var page = await _stage.Http.SendAsync(ask);
        Assert.That((page.StatusCode, page.Content.Headers.ContentType!.MediaType), Is.EqualTo((HttpStatusCode.NotFound, "text/html")));
        Assert.That(await page.Content.ReadAsStringAsync(), Does.Contain("<h1>Not found</h1>"));
        var (status, body) = await _stage.GetAsync("/nowhere");
        Assert.That((status, (string?)body["code"]), Is.EqualTo((404, "not_found")));
    }

    [Test]
    public async Task An_open_page_that_has_not_changed_is_not_sent_again()
    {
        var tag = (await _stage.Http.GetAsync("/")).Headers.ETag!.Tag;
        using var live = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-Live", "1" }, { "If-None-Match", tag } } };
        Assert.That((await _stage.Http.SendAsync(live)).StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
    }

    [Test]
    public async Task A_page_that_several_wait_for_survives_whoever_asked_first()
    {
        // takes connections and never says a word
        using var mute = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        mute.Start();
        await using var stage = await Stage.OpenAsync(change: o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = $"Host=127.0.0.1;Port={((IPEndPoint)mute.LocalEndpoint).Port};Timeout=4;Username=x;Password=x" }));
        var incident = await new Story(stage.Db).DamageAsync("slow");
        using (var leaves = new CancellationTokenSource(TimeSpan.FromSeconds(1.5)))
            await Assert.ThrowsAsync<TaskCanceledException>(() => stage.Http.GetAsync($"/incidents/{incident.Id}/plan", leaves.Token), "the page must be slow, or nobody could leave before it");
        var answer = await stage.Http.GetAsync($"/incidents/{incident.Id}/plan");
        var html = await answer.Content.ReadAsStringAsync();
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK), html);
        Assert.That(html, Does.Contain("What would be done now").And.Contain("cannot be reached").And.EndWith("</html>"));
    }

    [TestCase("/incidents?before=x", 200)]
    [TestCase("/incidents?before=99999999999999999999", 200)]
    [TestCase("/quarantine?before=x", 200)]
    [TestCase("/jobs?before=x", 200)]
    [TestCase("/audit?before=-1", 200)]
    [TestCase("/incidents/decide?verb=close&id=x", 400)]
    [TestCase("/incidents/decide?verb=close&id=1&id=99999999999999999999", 400)]
    public async Task What_is_no_number_in_an_address_is_no_fault_of_ours(string path, int status) =>
        Assert.That((int)(await _stage.Http.GetAsync(path)).StatusCode, Is.EqualTo(status));

    [Test]
    public async Task A_listener_hears_of_a_new_incident()
    {
        using var stream = await _stage.Http.GetStreamAsync("/events");
        using var reader = new StreamReader(stream);
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        await UntilAsync(reader, "data: beat", limit.Token);
        await new Story(_stage.Db).DamageAsync("heard");
        await UntilAsync(reader, "data: incidents", limit.Token);
    }

    private static async Task UntilAsync(StreamReader reader, string wanted, CancellationToken cancel)
    {
        while (await reader.ReadLineAsync(cancel) is { } line)
        {
            if (line.StartsWith(wanted, StringComparison.Ordinal))
                return;
        }
        Assert.Fail($"the stream ended before it said {wanted}");
    }

    [GeneratedRegex("<script[^>]*>")]
    private static partial Regex Script();

    [GeneratedRegex("(?:src|href)=\"(/assets/[^\"]+)\"")]
    private static partial Regex Asset();
}
