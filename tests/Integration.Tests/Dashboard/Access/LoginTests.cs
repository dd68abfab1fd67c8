using System.Net;
using System.Net.Http.Json;
using HealingWorkers.Dashboard.Access;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Access;

[TestFixture, NonParallelizable]
public sealed class LoginTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(10);
    private static readonly object Why = new { reason = "release", actor = "somebody else" };
    private Guarded _guarded = null!;

    [SetUp]
    public async Task OpenAsync() => _guarded = await Guarded.OpenAsync();

    [TearDown]
    public async Task CloseAsync() => await _guarded.DisposeAsync();

    [Test]
    public async Task Who_is_not_known_sees_nothing_but_the_door_and_the_probes()
    {
        using var browser = _guarded.Browser();
        foreach (var path in (string[])["/api/v1/incidents", "/api/v1/audit", "/metrics", "/openapi/v1.json", "/nothing", "/"])
            Assert.That((await browser.GetAsync(path)).StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), path);
        foreach (var path in (string[])["/livez", "/readyz", "/healthz", "/login"])
            Assert.That((await browser.GetAsync(path)).StatusCode, Is.EqualTo(HttpStatusCode.OK), path);
        using var page = new HttpRequestMessage(HttpMethod.Get, "/incidents?state=open");
        page.Headers.Add("Accept", "text/html");
        using var sent = await browser.SendAsync(page);
        Assert.That(sent.Headers.Location!.ToString(), Is.EqualTo("/login?next=%2Fincidents%3Fstate%3Dopen"));
    }

    [Test]
    public async Task Why_a_database_is_not_well_is_for_those_who_are_known()
    {
        using var browser = _guarded.Browser();
        var (status, stranger) = await Stage.ReadAsync(await browser.GetAsync("/healthz/database"));
        Assert.That((status, stranger["databases"]![1]!["reason"]!.ToString()), Is.EqualTo((503, "log in to see why")));
        using var vera = await _guarded.LoggedInAsync("vera");
        var (_, known) = await Stage.ReadAsync(await vera.GetAsync("/healthz/database"));
        Assert.That(known["databases"]![1]!["reason"]!.ToString(), Does.Contain("127.0.0.1:1"));
    }

    [Test]
    public async Task An_operator_acts_and_a_viewer_looks()
    {
        using var anna = await _guarded.LoggedInAsync("anna");
        Assert.That((int)(await anna.PostAsJsonAsync("/api/v1/pause", Why)).StatusCode, Is.EqualTo(200));
        using var vera = await _guarded.LoggedInAsync("vera");
        Assert.That((int)(await vera.GetAsync("/api/v1/incidents")).StatusCode, Is.EqualTo(200));
        var (status, refused) = await Stage.ReadAsync(await vera.PostAsJsonAsync("/api/v1/pause", Why));
        Assert.That((status, refused["code"]!.ToString()), Is.EqualTo((403, "operator_needed")));
        Assert.That(await _guarded.AuditAsync(), Is.EqualTo(new[] { "login.succeeded anna", "repairs.paused anna", "login.succeeded vera" }), "under the name of the login, whatever the body says");
    }

    [Test]
    public async Task A_login_leads_to_a_page_of_ours_and_nowhere_else()
    {
        foreach (var (next, expected) in ((string, string)[])[("/incidents?x=1", "/incidents?x=1"), ("//evil.example", "/"), ("https://evil.example", "/"), ("/\\evil.example", "/")])
        {
            using var browser = _guarded.Browser();
            using var answer = await _guarded.LoginAsync(browser, "anna", Guarded.Password, next);
            Assert.That(answer.Headers.Location!.ToString(), Is.EqualTo(expected), next);
        }
    }

    [Test]
    public async Task The_session_is_a_cookie_that_no_script_reads_and_no_other_site_sends()
    {
        using var browser = _guarded.Browser();
        using var answer = await _guarded.LoginAsync(browser, "anna", Guarded.Password);
        var cookie = answer.Headers.GetValues("Set-Cookie").Last(c => c.StartsWith("healing_session=", StringComparison.Ordinal));
        Assert.That(cookie, Does.Contain("httponly").And.Contain("samesite=strict").And.Contain("path=/").And.Contain("max-age=43200"));
    }

    [Test]
    public async Task After_the_logout_the_cookie_is_worth_nothing_at_any_replica()
    {
        await using var other = await Guarded.OpenAsync(beside: _guarded);
        using var plain = new HttpClient(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false });
        using var browser = _guarded.Browser();
        using var login = await _guarded.LoginAsync(browser, "anna", Guarded.Password);
        var cookie = Cookie(login);
        Assert.That(await StatusAsync(plain, other.Address, cookie), Is.EqualTo(200), "a replica takes the session of the other");

        Assert.That((int)(await browser.PostAsJsonAsync("/logout", new { })).StatusCode, Is.EqualTo(302));
        Assert.That(await StatusAsync(plain, _guarded.Address, cookie), Is.EqualTo(401));
        await Poll.UntilAsync(async _ => await StatusAsync(plain, other.Address, cookie) == 401, Soon, "the other replica hears of it");
        Assert.That((await _guarded.AuditAsync())[^1], Is.EqualTo("logout anna"));
    }

    [TestCase("removed")]
    [TestCase("password")]
    [TestCase("role")]
    public async Task A_session_ends_with_what_it_was_given_for(string what)
    {
        using var anna = await _guarded.LoggedInAsync("anna");
        var clock = TimeProvider.System;
        await (what switch
        {
            "removed" => _guarded.Users.RemoveAsync("anna", clock, CancellationToken.None),
            "password" => _guarded.Users.ReplaceAsync("anna", u => u with { Hash = PasswordHash.Make("another password") }, clock, CancellationToken.None),
            _ => _guarded.Users.ReplaceAsync("anna", u => u with { Role = HealingWorkers.Dashboard.Http.Role.Viewer }, clock, CancellationToken.None),
        });
        await Poll.UntilAsync(async cancel => (int)(await anna.GetAsync("/api/v1/incidents", cancel)).StatusCode == 401, Soon, "the session ends");
    }

    [Test]
    public async Task What_a_visitor_brings_does_not_become_a_session()
    {
        using var plain = new HttpClient(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false });
        using var browser = _guarded.Browser();
        using var first = await _guarded.LoginAsync(browser, "vera", Guarded.Password);
        var planted = Cookie(first);
        using var second = await _guarded.LoginAsync(browser, "anna", Guarded.Password);
        Assert.That(Cookie(second), Is.Not.EqualTo(planted));
        Assert.That(await StatusAsync(plain, _guarded.Address, planted), Is.EqualTo(401), "the session from before the login is over");
        Assert.That(await StatusAsync(plain, _guarded.Address, "healing_session=chosen-by-somebody"), Is.EqualTo(401));
        Assert.That(await StatusAsync(plain, _guarded.Address, planted[..^3] + "AAA"), Is.EqualTo(401));
    }

    [Test]
    public async Task Guessing_is_slowed_down_and_written_down()
    {
        using var browser = _guarded.Browser();
        for (var i = 0; i < 5; i++)
            Assert.That((int)(await _guarded.LoginAsync(browser, "anna", "wrong")).StatusCode, Is.EqualTo(401));
        using var locked = await _guarded.LoginAsync(browser, "anna", Guarded.Password);
        Assert.That((int)locked.StatusCode, Is.EqualTo(429), "even the right password waits");
        Assert.That(locked.Headers.RetryAfter!.Delta, Is.GreaterThan(TimeSpan.FromMinutes(10)));
        for (var i = 0; i < 15; i++)
            Assert.That((int)(await _guarded.LoginAsync(browser, $"guess{i}", "wrong")).StatusCode, Is.EqualTo(401));
        Assert.That((int)(await _guarded.LoginAsync(browser, "vera", Guarded.Password)).StatusCode, Is.EqualTo(429), "an address that guesses at names waits too");
        var audit = await _guarded.AuditAsync();
        Assert.That(audit.Count(a => a == "login.failed anna"), Is.EqualTo(5));
        Assert.That(audit.Count(a => a == "login.failed (unknown name)"), Is.EqualTo(15));
        Assert.That(audit, Does.Contain("login.locked anna"));
    }

    [Test]
    public async Task A_server_that_nobody_may_enter_does_not_start()
    {
        var beyond = await Assert.ThrowsAsync<HealingException>(async () => await Stage.OpenAsync(change: o => o.Http.Listen = "0.0.0.0:0"));
        Assert.That(beyond!.Hint, Does.Contain("healing users add"));
        var empty = await Assert.ThrowsAsync<HealingException>(async () => await Stage.OpenAsync(change: o => o.Http.UsersFile = "/nonexistent/users"));
        Assert.That(empty!.Message, Does.Contain("nobody could log in"));
        File.SetUnixFileMode(_guarded.Users.Path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var open = await Assert.ThrowsAsync<HealingException>(async () => await Stage.OpenAsync(change: o => o.Http.UsersFile = _guarded.Users.Path));
        Assert.That(open!.Hint, Does.Contain("chmod 600"));
    }

    private static string Cookie(HttpResponseMessage login) =>
        login.Headers.GetValues("Set-Cookie").Last(c => c.StartsWith("healing_session=", StringComparison.Ordinal)).Split(';')[0];

    private static async Task<int> StatusAsync(HttpClient client, Uri address, string cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(address, "/api/v1/incidents"));
        request.Headers.Add("Cookie", cookie);
        return (int)(await client.SendAsync(request)).StatusCode;
    }
}
