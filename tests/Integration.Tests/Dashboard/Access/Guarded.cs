using System.Text.RegularExpressions;
using HealingWorkers.Dashboard.Access;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Integration.Tests.Dashboard.Access;

/// <summary>A dashboard with a login: anna may change things, vera may look.</summary>
internal sealed partial class Guarded : IAsyncDisposable
{
    public const string Password = "correct horse battery";
    private static readonly string Hash = PasswordHash.Make(Password);
    private readonly string _directory = Directory.CreateTempSubdirectory("healing-access").FullName;
    private Stage _stage = null!;

    public Stage Stage => _stage;
    public AccessFile<UserEntry> Users => Door.Users(_stage.Options.Http);
    public AccessFile<TokenEntry> Tokens => Door.Tokens(_stage.Options.Http);
    public Uri Address => new(_stage.Http.BaseAddress!.AbsoluteUri.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal));

    public static async Task<Guarded> OpenAsync(Action<HealingOptions>? change = null, Guarded? beside = null)
    {
        var guarded = new Guarded();
        var http = new HttpOptions { UsersFile = Path.Combine(guarded._directory, "users"), TokensFile = Path.Combine(guarded._directory, "tokens") };
        if (beside is null)
        {
            await Door.Users(http).AddAsync(new UserEntry("anna", Role.Operator, Hash), TimeProvider.System, CancellationToken.None);
            await Door.Users(http).AddAsync(new UserEntry("vera", Role.Viewer, Hash), TimeProvider.System, CancellationToken.None);
        }
        guarded._stage = await Stage.OpenAsync(beside?._stage.Options.Control.Connection, options =>
        {
            options.Http.UsersFile = beside?._stage.Options.Http.UsersFile ?? http.UsersFile;
            options.Http.TokensFile = beside?._stage.Options.Http.TokensFile ?? http.TokensFile;
            options.Targets.Add(new TargetOptions { Name = "movies", Connection = "Host=127.0.0.1;Port=1" });
            change?.Invoke(options);
        });
        return guarded;
    }

    /// <summary>A browser that shows where it is sent, instead of going there.</summary>
    public HttpClient Browser() => new(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = true }) { BaseAddress = Address };

    public async Task<HttpClient> LoggedInAsync(string name)
    {
        var browser = Browser();
        using var answer = await LoginAsync(browser, name, Password);
        if ((int)answer.StatusCode != 303)
            throw new InvalidOperationException($"{name} could not log in: {answer.StatusCode}");
        return browser;
    }

    public async Task<HttpResponseMessage> LoginAsync(HttpClient browser, string name, string password, string next = "/")
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal) { ["name"] = name, ["password"] = password, ["next"] = next };
        var page = await browser.GetStringAsync("/login");
        if (Field().Match(page) is { Success: true } field)
            fields["__RequestVerificationToken"] = field.Groups[1].Value;
        using var form = new FormUrlEncodedContent(fields);
        return await browser.PostAsync("/login", form);
    }

    public async Task<HttpClient> WithTokenAsync(TokenScope scope, TimeSpan? age = null, params string[] targets)
    {
        var (entry, text) = TokenEntry.Make("robot", scope, TimeProvider.System.GetUtcNow() + (age ?? TimeSpan.FromDays(1)), targets);
        await Tokens.AddAsync(entry, TimeProvider.System, CancellationToken.None);
        await Task.Delay(TimeSpan.FromMilliseconds(350), TimeProvider.System);
        return WithToken(text);
    }

    /// <summary>The token that the forms of this visitor's pages carry.</summary>
    public static async Task<string> FormTokenAsync(HttpClient browser)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        request.Headers.Add("Accept", "text/html");
        using var page = await browser.SendAsync(request);
        return Field().Match(await page.Content.ReadAsStringAsync()).Groups[1].Value;
    }

    public HttpClient WithToken(string text)
    {
        var client = Browser();
        client.DefaultRequestHeaders.Add("Authorization", "Bearer " + text);
        return client;
    }

    public async Task<IReadOnlyList<string>> AuditAsync() =>
        [.. (await new AuditLog(_stage.Db).ListAsync(null, null, 500, CancellationToken.None)).Reverse().Select(a => $"{a.EventType} {a.Actor}")];

    public async ValueTask DisposeAsync()
    {
        await _stage.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"([^\"]+)\"", RegexOptions.None, 1000)]
    private static partial Regex Field();
}
