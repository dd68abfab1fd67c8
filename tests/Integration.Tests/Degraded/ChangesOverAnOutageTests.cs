using System.Net;
using HealingWorkers.Dashboard.Access;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Drill;
using HealingWorkers.Integration.Tests.Dashboard;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Degraded;

/// <summary>The ledger goes away between a change and its answer, and while people are logged in on two replicas.</summary>
[TestFixture]
internal sealed class ChangesOverAnOutageTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private PgCluster _control = null!;
    private LedgerDb _db = null!;

    [SetUp]
    public async Task OpenAsync()
    {
        _control = await PgCluster.StartNewAsync();
        await _control.CreateDatabaseAsync("ledger");
        await new Migrator(_control.ConnectionString("ledger"), TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        _db = new LedgerDb(_control.ConnectionString("ledger"));
    }

    [TearDown]
    public async Task CloseAsync()
    {
        await _db.DisposeAsync();
        await _control.DisposeAsync();
    }

    [Test]
    public async Task An_answer_that_could_not_be_kept_is_kept_when_it_is_asked_for_again()
    {
        var answers = new AnswerLedger(_db);
        Assert.That(await answers.BeginAsync("anna", "k", "hash", default), Is.Null);
        await ChangeAsync("anna", "k");
        await _control.StopAsync(StopMode.Immediate);
        await answers.EndAsync("anna", "k", 202, "application/json", "{}", default);
        await _control.StartAsync();
        _db.Source.Clear();
        await AgeAsync();
        var known = (await answers.BeginAsync("anna", "k", "hash", default))!;
        Assert.That((known.Status, known.Body, known.IsLost), Is.EqualTo((202, "{}", false)));
    }

    [Test]
    public async Task What_was_committed_under_a_key_is_not_done_again_though_its_process_died()
    {
        var answers = new AnswerLedger(_db);
        await answers.BeginAsync("anna", "done", "hash", default);
        await answers.BeginAsync("anna", "nothing", "hash", default);
        await ChangeAsync("anna", "done");
        await AgeAsync();
        var another = new AnswerLedger(_db);
        Assert.That((await another.BeginAsync("anna", "done", "hash", default))!.IsLost, Is.True);
        Assert.That(await another.BeginAsync("anna", "nothing", "hash", default), Is.Null, "nothing was done, and it is given up");
        await another.ForgetAsync("anna", "done", default);
        Assert.That((await another.BeginAsync("anna", "done", "hash", default))!.IsLost, Is.True, "a failure after the change forgets nothing");
    }

    [Test]
    public async Task A_session_that_was_ended_reads_nothing_while_the_ledger_is_away()
    {
        var files = Directory.CreateTempSubdirectory("healing-outage-access-").FullName;
        var users = Door.Users(new HttpOptions { UsersFile = Path.Combine(files, "users") });
        foreach (var name in new[] { "anna", "bert", "carl" })
            await users.AddAsync(new UserEntry(name, Role.Operator, PasswordHash.Make("correct horse battery")), TimeProvider.System, default);
        await using var here = await Stage.OpenAsync(_control.ConnectionString("ledger"), o => o.Http.UsersFile = Path.Combine(files, "users"));
        await using var there = await Stage.OpenAsync(_control.ConnectionString("ledger"), o => o.Http.UsersFile = Path.Combine(files, "users"));
        var (anna, bert, carl) = (await CookieAsync(here, "anna"), await CookieAsync(here, "bert"), await CookieAsync(here, "carl"));
        foreach (var (stage, cookie) in new[] { (here, anna), (there, anna), (here, bert), (there, bert), (here, carl) })
            Assert.That(await StatusAsync(stage, cookie), Is.EqualTo(HttpStatusCode.OK));
        // the other replica is asked for nothing after that
        Assert.That(await LogOutAsync(here, anna), Is.EqualTo(HttpStatusCode.Found));
        await Task.Delay(TimeSpan.FromSeconds(15), TimeProvider.System);
        await _control.StopAsync(StopMode.Immediate);
        await Poll.UntilAsync(async ct => (await here.Http.GetAsync("/readyz", ct)).StatusCode == HttpStatusCode.ServiceUnavailable && (await there.Http.GetAsync("/readyz", ct)).StatusCode == HttpStatusCode.ServiceUnavailable, Patience, "the outage to be seen");

        Assert.That((await StatusAsync(there, anna), await StatusAsync(there, bert)), Is.EqualTo((HttpStatusCode.Unauthorized, HttpStatusCode.OK)));
        Assert.That(await LogOutAsync(here, bert), Is.EqualTo(HttpStatusCode.Found), "nobody is kept in");
        Assert.That(await StatusAsync(here, bert), Is.EqualTo(HttpStatusCode.Unauthorized));
        await users.RemoveAsync("carl", TimeProvider.System, default);
        await Poll.UntilAsync(async _ => await StatusAsync(here, carl) == HttpStatusCode.Unauthorized, TimeSpan.FromSeconds(5), "the file to be read again");

        await _control.StartAsync();
        await Poll.UntilAsync(async _ => await StatusAsync(there, bert) == HttpStatusCode.Unauthorized, Patience, "the other replica to know of the log-out");
        Directory.Delete(files, recursive: true);
    }

    private async Task ChangeAsync(string visitor, string key)
    {
        using (AnswerLedger.Mark(visitor, key))
            await new AuditLog(_db).WriteAsync(new AuditEntry("test", "info", "a change", visitor), default);
    }

    private Task AgeAsync() => _control.ExecuteAsync("ledger", "UPDATE healing.answers SET at = at - interval '10 minutes'");

    private static async Task<string> CookieAsync(Stage stage, string name)
    {
        using var browser = Browser(stage);
        var page = await browser.GetAsync("/login");
        var html = await page.Content.ReadAsStringAsync();
        var token = System.Text.RegularExpressions.Regex.Match(html, "name=\"__RequestVerificationToken\"[^>]*value=\"([^\"]+)\"", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/login") { Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["name"] = name, ["password"] = "correct horse battery", ["next"] = "/", ["__RequestVerificationToken"] = token }) };
        request.Headers.Add("Cookie", Cookies(page));
        using var answer = await browser.SendAsync(request);
        return Cookies(answer);
    }

    private static string Cookies(HttpResponseMessage answer) => string.Join("; ", answer.Headers.GetValues("Set-Cookie").Select(c => c.Split(';')[0]).Where(c => !c.EndsWith('=')));

    private static async Task<HttpStatusCode> StatusAsync(Stage stage, string cookie)
    {
        using var browser = Browser(stage);
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/incidents");
        request.Headers.Add("Cookie", cookie);
        using var answer = await browser.SendAsync(request);
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> LogOutAsync(Stage stage, string cookie)
    {
        using var browser = Browser(stage);
        using var page = new HttpRequestMessage(HttpMethod.Get, "/incidents");
        page.Headers.Add("Cookie", cookie);
        using var shown = await browser.SendAsync(page);
        var html = await shown.Content.ReadAsStringAsync();
        var token = System.Text.RegularExpressions.Regex.Match(html, "name=\"__RequestVerificationToken\"[^>]*value=\"([^\"]+)\"", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)).Groups[1].Value;
        using var request = new HttpRequestMessage(HttpMethod.Post, "/logout") { Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["__RequestVerificationToken"] = token }) };
        request.Headers.Add("Cookie", shown.Headers.Contains("Set-Cookie") ? $"{cookie}; {Cookies(shown)}" : cookie);
        using var answer = await browser.SendAsync(request);
        return answer.StatusCode;
    }

    private static HttpClient Browser(Stage stage) => new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { BaseAddress = stage.Http.BaseAddress };
}
