using HealingWorkers.Integration.Tests.Browser;
using HealingWorkers.Jobs.Incidents;
using Microsoft.Playwright;
using NUnit.Framework;
using static Microsoft.Playwright.Assertions;

namespace HealingWorkers.Integration.Tests.Dashboard.Pages;

/// <summary>Without a mouse, without script, and far from UTC.</summary>
[TestFixture, NonParallelizable]
public sealed class ByHandTests
{
    private Stage _stage = null!;
    private Story _story = null!;
    private Browsing _browser = null!;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _stage = await Stage.OpenAsync();
        _story = new Story(_stage.Db);
        _browser = await Browsing.OpenAsync(_stage.Http.BaseAddress!);
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        await _stage.DisposeAsync();
    }

    [Test]
    public async Task Times_are_told_in_the_zone_of_whoever_looks_as_well()
    {
        var incident = await _story.DamageAsync("timed");
        var page = await _browser.PageAsync(zone: "Asia/Kolkata");
        await page.GotoAsync($"/incidents/{incident.Id}");
        var there = TimeZoneInfo.ConvertTime(incident.OpenedAt, TimeZoneInfo.FindSystemTimeZoneById("Asia/Kolkata"));
        var opened = page.Locator("dt:has-text('Opened') + dd time");
        await Expect(opened).ToContainTextAsync($"{there:HH:mm} your time, ");
        await Expect(opened).ToContainTextAsync($"{incident.OpenedAt.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC");
        await Expect(opened).ToContainTextAsync("ago");
        var greenwich = await _browser.PageAsync(zone: "UTC");
        await greenwich.GotoAsync($"/incidents/{incident.Id}");
        await Expect(greenwich.Locator("dt:has-text('Opened') + dd time")).ToContainTextAsync("ago");
        await Expect(greenwich.Locator("dt:has-text('Opened') + dd time")).Not.ToContainTextAsync("your time");
    }

    [Test]
    public async Task A_decision_is_made_with_keys_alone()
    {
        var incident = await _story.DamageAsync("keyed");
        var page = await _browser.PageAsync();
        await page.GotoAsync($"/incidents/{incident.Id}");
        await page.Keyboard.PressAsync("Tab");
        await Expect(page.GetByText("Skip to the content")).ToBeFocusedAsync();
        await page.Keyboard.PressAsync("Enter");
        await TabToAsync(page, "Escalate ...");
        await page.Keyboard.PressAsync("Enter");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.TypeAsync("by hand");
        await page.Keyboard.PressAsync("Tab");
        await page.Keyboard.PressAsync("Enter");
        await Expect(page.GetByRole(AriaRole.Status).Filter(new() { HasText = $"Incident {incident.Id} is escalated" })).ToBeVisibleAsync();
        Assert.That((await _story.Incidents.FindAsync(incident.Id, CancellationToken.None))!.Reason, Is.EqualTo("escalated by local: by hand"));
    }

    [Test]
    public async Task Every_page_is_read_and_a_decision_made_without_script()
    {
        var incident = await _story.DamageAsync("plain");
        var page = await _browser.PageAsync(script: false);
        foreach (var path in (string[])["/", "/incidents?show=all", "/quarantine", "/jobs", "/schedules", "/workers", "/targets", "/audit", "/configuration", $"/incidents/{incident.Id}"])
        {
            await page.GotoAsync(path);
            await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
            await Expect(page.Locator("#live")).ToBeHiddenAsync();
        }
        await page.GetByText("Suppress ...").ClickAsync();
        await page.Locator("#suppress").GetByLabel("Why").FillAsync("seen to");
        await page.GetByRole(AriaRole.Button, new() { Name = "Leave it alone" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status).Filter(new() { HasText = $"Incident {incident.Id} is left alone" })).ToBeVisibleAsync();
        Assert.That((await _story.Incidents.FindAsync(incident.Id, CancellationToken.None))!.State, Is.EqualTo(IncidentState.Suppressed));
    }

    /// <summary>From key to key, as far as a patient person goes.</summary>
    private static async Task TabToAsync(IPage page, string text)
    {
        for (var presses = 0; presses < 40; presses++)
        {
            await page.Keyboard.PressAsync("Tab");
            if (await page.EvaluateAsync<string>("document.activeElement.textContent.trim()") == text)
                return;
        }
        Assert.Fail($"{text} is not reached by the keyboard");
    }
}
