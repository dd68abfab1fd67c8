using HealingWorkers.Drill;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Schedule;
using Microsoft.Playwright;
using NUnit.Framework;
using static Microsoft.Playwright.Assertions;

namespace HealingWorkers.Integration.Tests.Browser;

/// <summary>The control database goes away under somebody who reads: nothing moves until they look up, then the page says how old it is, and comes back by itself.</summary>
[TestFixture, NonParallelizable]
public sealed class BannerTests
{
    [Test]
    public async Task A_page_does_not_change_under_a_reader_and_tells_of_the_outage_when_they_are_done()
    {
        await using var theatre = await Theatre.OpenAsync();
        await theatre.Damage.Index.RemoveLeafEntriesAsync("movies_title_idx");
        await theatre.LookAsync(JobNames.IndexCheck, "public.movies");
        await theatre.UntilAsync("btree_corrupt", IncidentState.Resolved);
        await using var browser = await Browsing.OpenAsync(theatre.Address);
        var page = await browser.PageAsync();
        await page.GotoAsync("/incidents?show=all");
        var banner = page.GetByRole(AriaRole.Alert).Filter(new() { HasText = "The control database does not answer." });
        await Expect(page.Locator("#live")).ToHaveTextAsync("Live");
        await page.Locator("main h1").ClickAsync(new() { ClickCount = 3 });
        await page.EvaluateAsync("getSelection().selectAllChildren(document.querySelector('main h1'))");
        await page.EvaluateAsync("document.querySelector('main h1').dataset.same = 'yes'");

        await theatre.Cluster.StopAsync();
        await Expect(page.Locator("#live")).ToHaveTextAsync("Paused while you read", new() { Timeout = Browsing.Patient.Timeout });
        Assert.That(await banner.CountAsync(), Is.Zero, "nothing moves under a reader");
        Assert.That(await page.EvaluateAsync<string>("getSelection().toString()"), Is.EqualTo("Incidents"));
        Assert.That(await page.EvaluateAsync<string?>("document.querySelector('main h1').dataset.same"), Is.EqualTo("yes"));

        await page.EvaluateAsync("getSelection().removeAllRanges()");
        await Expect(banner).ToBeVisibleAsync(new() { Timeout = Browsing.Patient.Timeout });
        await Expect(banner).ToContainTextAsync("nothing can be changed until it is back");
        await Expect(page.GetByRole(AriaRole.Link, new() { Name = "btree_corrupt" }).First).ToBeVisibleAsync();
        await Browsing.ShootAsync(page, "banner");
        await Browsing.AssertGoodAsync(page);

        await theatre.Cluster.StartAsync();
        await Expect(banner).ToBeHiddenAsync(new() { Timeout = Browsing.Patient.Timeout });
        await Expect(page.Locator("#live")).ToHaveTextAsync("Live", new() { Timeout = Browsing.Patient.Timeout });
    }
}
