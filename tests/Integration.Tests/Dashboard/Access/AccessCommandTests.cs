using System.Globalization;
using HealingWorkers.Dashboard.Access;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Worker.Commands;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Access;

[TestFixture, NonParallelizable]
public sealed class AccessCommandTests
{
    private string _directory = "";
    private string _ledger = "";

    [SetUp]
    public async Task OpenAsync() => (_directory, _ledger) = (Directory.CreateTempSubdirectory("healing-access").FullName, await DashCluster.LedgerAsync());

    [TearDown]
    public void Close() => Directory.Delete(_directory, recursive: true);

    [Test]
    public async Task Users_come_change_and_go_and_all_of_it_is_written_down()
    {
        Assert.That((await RunAsync("a long enough secret\n", "users", "add", "anna", "--role", "operator", "--why", "she is on call")).Code, Is.Zero);
        Assert.That(File.GetUnixFileMode(Path.Combine(_directory, "users")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        var line = (await File.ReadAllLinesAsync(Path.Combine(_directory, "users")))[^1];
        Assert.That(line, Does.StartWith("anna operator pbkdf2-sha512$210000$").And.Not.Contain("secret"));
        Assert.That((await RunAsync("a long enough secret\n", "users", "add", "anna", "--role", "viewer")).Error, Does.Contain("has anna already"));
        Assert.That((await RunAsync("another long secret\n", "users", "password", "anna")).Code, Is.Zero);
        var changed = UserEntry.Parse((await File.ReadAllLinesAsync(Path.Combine(_directory, "users")))[^1])!;
        Assert.That((PasswordHash.Fits("another long secret", changed.Hash), PasswordHash.Fits("a long enough secret", changed.Hash)), Is.EqualTo((true, false)));
        Assert.That((await RunAsync("", "users", "list")).Out, Does.Contain("operator   anna"));
        Assert.That((await RunAsync("", "users", "remove", "anna", "--why", "left")).Code, Is.Zero);
        Assert.That((await RunAsync("", "users", "remove", "anna")).Code, Is.EqualTo(1));
        Assert.That((await RunAsync("", "users", "list")).Out, Does.Contain("no user"));
        Assert.That(await AuditAsync(), Is.EqualTo(new[] { "user.added: user anna added as operator: she is on call", "user.password_changed: user anna has another password: from the command line", "user.removed: user anna removed: left" }));
    }

    [TestCase("short\n", "characters")]
    [TestCase("", "0 characters")]
    [TestCase("anna anna anna\n", "guessed")]
    [TestCase("aaaaaaaaaaaaaaaa\n", "guessed")]
    public async Task A_password_that_is_none_is_refused(string typed, string why)
    {
        var (code, _, error) = await RunAsync(typed, "users", "add", "anna", "--role", "viewer");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.StartWith("error: ").And.Contain(why).And.Contain("HINT: "));
        Assert.That(await AuditAsync(), Is.Empty);
    }

    [Test]
    public async Task A_token_is_shown_once_and_kept_as_a_hash()
    {
        var (code, shown, _) = await RunAsync("", "tokens", "create", "ci", "--scope", "operate", "--expires", "30d");
        Assert.That(code, Is.Zero);
        var (id, secret) = TokenEntry.Split(shown.Trim())!.Value;
        var kept = await File.ReadAllTextAsync(Path.Combine(_directory, "tokens"));
        Assert.That(kept, Does.Contain(id).And.Not.Contain(secret));
        Assert.That((await RunAsync("", "tokens", "list")).Out, Does.Contain(id).And.Contain("operate").And.Contain("ci"));
        Assert.That((await RunAsync("", "tokens", "revoke", id)).Code, Is.Zero);
        Assert.That((await RunAsync("", "tokens", "list")).Out, Does.Contain("no token"));
        Assert.That((await RunAsync("", "tokens", "create", "ci", "--scope", "operate", "--target", "unknown")).Error, Does.Contain("there is no target unknown"));
        Assert.That((await RunAsync("", "tokens", "create", "ci", "--scope", "read", "--expires", "9999d")).Code, Is.EqualTo(1));
        Assert.That((await AuditAsync()).Select(a => a.Split(':')[0]), Is.EqualTo(new[] { "token.created", "token.revoked" }));
    }

    [Test]
    public async Task Beyond_loopback_without_a_login_the_process_does_not_start()
    {
        var (code, _, error) = await RunAsync("", "dashboard", "--set", "http.listen=0.0.0.0:0", "--set", "http.users_file=", "--set", "http.tokens_file=");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.StartWith("error: ").And.Contain("beyond loopback a login is required"));
        (code, _, error) = await RunAsync("", "dashboard", "--set", "http.listen=0.0.0.0:0");
        Assert.That(code, Is.EqualTo(1));
        Assert.That(error, Does.Contain("nobody could log in").And.Contain("HINT: `healing users add"));
    }

    private async Task<(int Code, string Out, string Error)> RunAsync(string typed, params string[] arguments)
    {
        await using var output = new StringWriter(CultureInfo.InvariantCulture);
        await using var error = new StringWriter(CultureInfo.InvariantCulture);
        using var input = new StringReader(typed);
        var shell = new CommandShell
        {
            Out = output, Error = error, In = input, Clock = TimeProvider.System, Directory = _directory, Actor = "root@here",
            Environment = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["HEALING__CONTROL__CONNECTION"] = _ledger, ["HEALING__HTTP__USERS_FILE"] = "users", ["HEALING__HTTP__TOKENS_FILE"] = "tokens",
            },
        };
        var code = await CommandLine.RunAsync(arguments, shell, CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }

    private async Task<IReadOnlyList<string>> AuditAsync()
    {
        await using var db = new LedgerDb(_ledger);
        return [.. (await new AuditLog(db).ListAsync(null, null, 50, CancellationToken.None)).Reverse().Select(a => $"{a.EventType}: {a.Message}")];
    }
}
