using System.Net;
using System.Net.Http.Json;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Access;

[TestFixture, NonParallelizable]
public sealed class ProxyTests
{
    private static readonly object Why = new { reason = "release", actor = "x" };
    private Guarded _behind = null!;

    [OneTimeSetUp]
    public async Task OpenAsync() => _behind = await Guarded.OpenAsync(o =>
    {
        o.Http.TrustedProxy = [IPNetwork.Parse("127.0.0.0/8")];
        o.Http.ProxyOperators = ["olga", "group:dba"];
    });

    [OneTimeTearDown]
    public async Task CloseAsync() => await _behind.DisposeAsync();

    [TestCase("olga", "", 200)]
    [TestCase("victor", "", 403)]
    [TestCase("victor", "staff, dba", 200)]
    [TestCase("victor", "staff,olga", 403)]
    [TestCase("group:dba", "", 401)]
    [TestCase("", "dba", 401)]
    public async Task The_proxy_names_the_user_and_the_configuration_his_role(string user, string groups, int expected)
    {
        using var client = _behind.Browser();
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Forwarded-User", user);
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Forwarded-Groups", groups);
        Assert.That((int)(await client.PostAsJsonAsync("/api/v1/pause", Why)).StatusCode, Is.EqualTo(expected));
    }

    [Test]
    public async Task What_the_proxy_passes_on_of_another_scheme_is_no_token()
    {
        using var client = _behind.Browser();
        client.DefaultRequestHeaders.Add("Authorization", "Basic b2xnYTpzZWNyZXQ=");
        var (status, body) = await Stage.ReadAsync(await client.GetAsync("/api/v1/incidents"));
        Assert.That((status, body["code"]!.ToString()), Is.EqualTo((401, "login_needed")));
        client.DefaultRequestHeaders.Add("X-Forwarded-User", "olga");
        Assert.That((int)(await client.GetAsync("/api/v1/incidents")).StatusCode, Is.EqualTo(200));
        using var anna = await _behind.LoggedInAsync("anna");
        anna.DefaultRequestHeaders.Add("Authorization", "Basic YW5uYTpzZWNyZXQ=");
        Assert.That((int)(await anna.GetAsync("/api/v1/incidents")).StatusCode, Is.EqualTo(200));
        foreach (var invented in (string[])["Bearer hlg_x_y", "Bearer", "bearer  "])
        {
            using var forger = _behind.Browser();
            forger.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", invented);
            forger.DefaultRequestHeaders.Add("X-Forwarded-User", "olga");
            var (refused, why) = await Stage.ReadAsync(await forger.GetAsync("/api/v1/incidents"));
            Assert.That((refused, why["code"]!.ToString()), Is.EqualTo((401, "token_unknown")), invented);
        }
    }

    [Test]
    public async Task Two_names_are_none()
    {
        using var client = _behind.Browser();
        client.DefaultRequestHeaders.TryAddWithoutValidation("X-Forwarded-User", ["olga", "victor"]);
        // HttpClient joins what it can; what cannot be a name is refused either way.
        Assert.That((int)(await client.PostAsJsonAsync("/api/v1/pause", Why)).StatusCode, Is.AnyOf(401, 403));
    }

    [Test]
    public async Task The_same_word_from_elsewhere_is_refused()
    {
        await using var direct = await Guarded.OpenAsync(o =>
        {
            o.Http.TrustedProxy = [IPNetwork.Parse("10.9.9.9/32")];
            o.Http.ProxyOperators = ["olga"];
        });
        using var forger = direct.Browser();
        forger.DefaultRequestHeaders.Add("X-Forwarded-User", "olga");
        forger.DefaultRequestHeaders.Add("X-Forwarded-For", "10.9.9.9");
        var (status, body) = await Stage.ReadAsync(await forger.GetAsync("/api/v1/incidents"));
        Assert.That((status, body["code"]!.ToString()), Is.EqualTo((403, "proxy_not_trusted")));
    }

    [Test]
    public async Task Without_a_proxy_its_words_mean_nothing()
    {
        await using var plain = await Guarded.OpenAsync();
        using var forger = plain.Browser();
        forger.DefaultRequestHeaders.Add("X-Forwarded-User", "anna");
        forger.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        Assert.That((int)(await forger.GetAsync("/api/v1/incidents")).StatusCode, Is.EqualTo(401));
        using var login = await plain.LoginAsync(forger, "anna", Guarded.Password);
        Assert.That(login.Headers.GetValues("Set-Cookie"), Has.None.Contains("__Host-"));
    }

    [Test]
    public async Task Behind_tls_the_session_goes_over_tls_only()
    {
        using var browser = _behind.Browser();
        browser.DefaultRequestHeaders.Add("X-Forwarded-Proto", "https");
        using var page = await browser.GetAsync("/login");
        Assert.That(page.Headers.GetValues("Set-Cookie").Single(), Does.Contain("secure"));
        Assert.That(page.Headers.GetValues("Strict-Transport-Security").Single(), Does.StartWith("max-age="));
    }

    [TestCase("evil.example", 403)]
    [TestCase("dashboard.example", 401)]
    [TestCase("10.1.2.3", 401)]
    public async Task Beyond_loopback_only_known_names_and_addresses_are_answered(string host, int expected)
    {
        await using var open = await Guarded.OpenAsync(o =>
        {
            o.Http.Listen = "0.0.0.0:0";
            o.Http.HostNames = ["dashboard.example"];
        });
        using var client = open.Browser();
        client.DefaultRequestHeaders.Host = host;
        Assert.That((int)(await client.GetAsync("/api/v1/incidents")).StatusCode, Is.EqualTo(expected));
        Assert.That((int)(await client.GetAsync("/livez")).StatusCode, Is.EqualTo(200), "a probe comes by any name");
    }
}
