using System.Text;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Access;

/// <summary>A page of elsewhere has the visitor's browser send something.</summary>
[TestFixture, NonParallelizable]
public sealed class ForgeryTests
{
    private Guarded _guarded = null!;

    [OneTimeSetUp]
    public async Task OpenAsync() => _guarded = await Guarded.OpenAsync();

    [OneTimeTearDown]
    public async Task CloseAsync() => await _guarded.DisposeAsync();

    [Test]
    public async Task A_form_without_our_token_does_nothing()
    {
        using var anna = await _guarded.LoggedInAsync("anna");
        using var vera = await _guarded.LoggedInAsync("vera");
        var own = await Guarded.FormTokenAsync(anna);
        Assert.That(own, Is.Not.Empty);
        Assert.That(await LeaveAsync(anna, null), Is.EqualTo(403), "no token");
        Assert.That(await LeaveAsync(anna, "nonsense"), Is.EqualTo(403));
        Assert.That(await LeaveAsync(anna, await Guarded.FormTokenAsync(vera)), Is.EqualTo(403), "somebody else's token");
        Assert.That(await LeaveAsync(anna, own, ("Origin", "http://evil.example")), Is.EqualTo(403));
        Assert.That(await LeaveAsync(anna, own, ("Origin", "null")), Is.EqualTo(403));
        Assert.That(await LeaveAsync(anna, own, ("Sec-Fetch-Site", "cross-site")), Is.EqualTo(403));
        Assert.That(await LeaveAsync(anna, own, ("Sec-Fetch-Site", "same-site")), Is.EqualTo(403));
        Assert.That((int)(await anna.GetAsync("/api/v1/incidents")).StatusCode, Is.EqualTo(200), "still logged in");
        Assert.That(await LeaveAsync(anna, own, ("Sec-Fetch-Site", "same-origin")), Is.EqualTo(302));
        Assert.That((int)(await anna.GetAsync("/api/v1/incidents")).StatusCode, Is.EqualTo(401));
    }

    [Test]
    public async Task A_token_together_with_its_cookie_is_of_one_session_only()
    {
        using var anna = await _guarded.LoggedInAsync("anna");
        using var vera = await _guarded.LoggedInAsync("vera");
        var token = await Guarded.FormTokenAsync(vera);
        var session = await CookieAsync("anna", "healing_session");
        using var plain = new HttpClient(new HttpClientHandler { UseCookies = false, AllowAutoRedirect = false }) { BaseAddress = _guarded.Address };
        var form = await CookieAsync("vera", "healing_form");
        Assert.That(form, Does.StartWith("healing_form="));
        plain.DefaultRequestHeaders.Add("Cookie", $"{session}; {form}");
        Assert.That(await LeaveAsync(plain, token), Is.EqualTo(403), "a planted pair is worth nothing in anna's session");
    }

    [TestCase("text/plain", 415)]
    [TestCase("application/x-www-form-urlencoded", 415)]
    [TestCase("multipart/form-data; boundary=x", 415)]
    public async Task What_a_form_can_send_the_api_does_not_take(string type, int expected)
    {
        using var anna = await _guarded.LoggedInAsync("anna");
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes("""{"reason":"x","actor":"y"}"""));
        content.Headers.TryAddWithoutValidation("Content-Type", type);
        Assert.That((int)(await anna.PostAsync("/api/v1/pause", content)).StatusCode, Is.EqualTo(expected));
    }

    [Test]
    public async Task A_login_cannot_be_forced_upon_a_visitor()
    {
        using var browser = _guarded.Browser();
        using var form = new FormUrlEncodedContent(new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = "anna", ["password"] = Guarded.Password });
        Assert.That((int)(await browser.PostAsync("/login", form)).StatusCode, Is.EqualTo(403));
    }

    [Test]
    public async Task Whoever_follows_a_link_of_elsewhere_goes_on_from_a_page_of_ours()
    {
        using var browser = _guarded.Browser();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/incidents/1?x=\"><script>alert(1)</script>");
        request.Headers.Add("Accept", "text/html");
        request.Headers.Add("Sec-Fetch-Site", "cross-site");
        using var answer = await browser.SendAsync(request);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.That(page, Does.Contain("http-equiv=\"refresh\" content=\"0; url=/incidents/1?x=").And.Not.Contain("<script>alert"));
    }

    [Test]
    public async Task Every_answer_tells_the_browser_what_not_to_do()
    {
        using var anna = await _guarded.LoggedInAsync("anna");
        foreach (var path in (string[])["/", "/login", "/api/v1/incidents", "/livez", "/nothing", "/assets/x/site.css"])
        {
            using var answer = await anna.GetAsync(path);
            var headers = answer.Headers.ToDictionary(h => h.Key, h => string.Join(' ', h.Value), StringComparer.OrdinalIgnoreCase);
            Assert.That(headers["Content-Security-Policy"], Does.Contain("default-src 'none'").And.Contain("frame-ancestors 'none'").And.Not.Contain("unsafe"), path);
            Assert.That(headers["X-Content-Type-Options"], Is.EqualTo("nosniff"), path);
            Assert.That(headers["Referrer-Policy"], Is.EqualTo("same-origin"), path);
            Assert.That(headers["Cache-Control"], Does.Contain("no-store"), path);
        }
    }

    private async Task<string> CookieAsync(string user, string name)
    {
        using var handler = new HttpClientHandler { AllowAutoRedirect = false };
        using var browser = new HttpClient(handler) { BaseAddress = _guarded.Address };
        using var login = await _guarded.LoginAsync(browser, user, Guarded.Password);
        await Guarded.FormTokenAsync(browser);
        return $"{name}={handler.CookieContainer.GetCookies(_guarded.Address)[name]!.Value}";
    }

    private static async Task<int> LeaveAsync(HttpClient client, string? token, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/logout");
        request.Content = new FormUrlEncodedContent(token is null ? [] : [new KeyValuePair<string, string>("__RequestVerificationToken", token)]);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var answer = await client.SendAsync(request);
        return (int)answer.StatusCode;
    }
}
