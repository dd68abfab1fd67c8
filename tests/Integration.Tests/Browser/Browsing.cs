using Deque.AxeCore.Playwright;
using Microsoft.Playwright;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Browser;

/// <summary>Debian's chromium, steered; remembers everything that the console of any page said.</summary>
internal sealed class Browsing : IAsyncDisposable
{
    private const string Program = "/usr/bin/chromium";

    /// <summary>For what workers do meanwhile, which takes its time where the machine has other things to do.</summary>
    public static readonly LocatorAssertionsToBeVisibleOptions Patient = new() { Timeout = 240_000 };

    private static readonly string[] Serious = ["serious", "critical"];
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;
    private readonly List<string> _console = [];
    private readonly Uri _address;

    private Browsing(IPlaywright playwright, IBrowser browser, Uri address) => (_playwright, _browser, _address) = (playwright, browser, address);

    public IReadOnlyList<string> Console => _console;

    public static async Task<Browsing> OpenAsync(Uri address)
    {
        if (!File.Exists(Program))
            Assert.Ignore($"{Program} is not here; ./test installs it where apt-get can");
        Assertions.SetDefaultExpectTimeout(120_000);
        var playwright = await Playwright.CreateAsync();
        return new(playwright, await playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = Program,
            Timeout = 180_000,
            Headless = true,
            Args = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"],
        }), address);
    }

    public async Task<IPage> PageAsync(bool dark = false, bool phone = false, bool script = true, string zone = "Europe/Vienna")
    {
        var context = await _browser.NewContextAsync(new()
        {
            BaseURL = _address.ToString(),
            ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light,
            ViewportSize = phone ? new() { Width = 390, Height = 844 } : new() { Width = 1360, Height = 900 },
            JavaScriptEnabled = script,
            TimezoneId = zone,
        });
        context.SetDefaultTimeout(120_000);
        var page = await context.NewPageAsync();
        page.Console += (_, said) =>
        {
            // the browser says itself what the page was told: that the ledger did not answer in time, which a starved machine makes true
            if (said.Type is "error" or "warning" && !said.Text.Contains("status of 503", StringComparison.Ordinal))
                _console.Add($"{page.Url}: {said.Text}");
        };
        page.PageError += (_, error) => _console.Add($"{page.Url}: {error}");
        return page;
    }

    /// <summary>Nothing serious by axe-core, and no scrolling sideways.</summary>
    public static async Task AssertGoodAsync(IPage page)
    {
        var found = await page.RunAxe();
        Assert.That(found.Violations.Where(v => Serious.Contains(v.Impact)).Select(v => $"{page.Url}: {v.Id}: {v.Help}: {string.Join(" | ", v.Nodes.Take(3).Select(n => n.Html))}"), Is.Empty);
        Assert.That(await page.EvaluateAsync<bool>("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), Is.True, $"{page.Url} scrolls sideways");
    }

    /// <summary>To be looked at by a person: kept where HEALING_SCREENSHOTS says.</summary>
    public static async Task ShootAsync(IPage page, string name)
    {
        if (Environment.GetEnvironmentVariable("HEALING_SCREENSHOTS") is { Length: > 0 } folder)
            await page.ScreenshotAsync(new() { Path = Path.Combine(folder, name + ".png"), FullPage = true });
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
