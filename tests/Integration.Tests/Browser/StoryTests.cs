using System.Text.RegularExpressions;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;
using Microsoft.Playwright;
using NUnit.Framework;
using static Microsoft.Playwright.Assertions;

namespace HealingWorkers.Integration.Tests.Browser;

/// <summary>A person at the browser, a database that is really damaged, and a worker that really heals it.</summary>
[TestFixture, NonParallelizable]
public sealed partial class StoryTests
{
    private Theatre _theatre = null!;
    private Browsing _browser = null!;

    [OneTimeSetUp]
    public async Task OpenAsync()
    {
        _theatre = await Theatre.OpenAsync();
        _browser = await Browsing.OpenAsync(_theatre.Address);
    }

    /// <summary>What the worker had to do with it is not on the page that a browser test complains of.</summary>
    [TearDown]
    public async Task TellAsync()
    {
        if (TestContext.CurrentContext.Result.Outcome.Status == NUnit.Framework.Interfaces.TestStatus.Failed)
            TestContext.Out.WriteLine(await _theatre.RunsAsync());
    }

    [OneTimeTearDown]
    public async Task CloseAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        await _theatre.DisposeAsync();
    }

    [Test]
    public async Task A_person_finds_what_is_wrong_reads_why_approves_sees_it_healed_and_undoes_it()
    {
        var casts = await CountAsync("casts");
        await _theatre.Cluster.ExecuteAsync("movies", "SET session_replication_role = replica; DELETE FROM movies WHERE id IN (SELECT id FROM movies ORDER BY id LIMIT 2)");
        var orphans = await CountAsync("casts WHERE movie_id NOT IN (SELECT id FROM movies)");
        await _theatre.Damage.Index.RemoveLeafEntriesAsync("movies_title_idx");
        await _theatre.LookAsync(JobNames.OrphanCleanup);
        await _theatre.LookAsync(JobNames.IndexCheck, "public.movies");
        await _theatre.UntilAsync("orphan_rows", IncidentState.AwaitingApproval);
        await _theatre.UntilAsync("btree_corrupt", IncidentState.Resolved);

        var page = await _browser.PageAsync();
        await page.GotoAsync("/");
        await Expect(page.GetByRole(AriaRole.Heading, new() { Name = "movies" })).ToBeVisibleAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "Incidents", Exact = true }).ClickAsync();
        await page.GetByLabel("Search").FillAsync("casts");
        await page.GetByRole(AriaRole.Button, new() { Name = "Filter" }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = "orphan_rows" }).First.ClickAsync();
        await Expect(page.GetByText("Rows point at rows of another table that do not exist.")).ToBeVisibleAsync();
        await Browsing.ShootAsync(page, "incident-waiting");

        await page.GetByRole(AriaRole.Link, new() { Name = "Read the plan and decide" }).ClickAsync();
        await Expect(page.GetByText($"{orphans} rows").First).ToBeVisibleAsync();
        await Browsing.ShootAsync(page, "plan");
        await Browsing.AssertGoodAsync(page);
        await page.GetByRole(AriaRole.Textbox, new() { Name = "Why" }).First.FillAsync("nobody misses them");
        await page.GetByRole(AriaRole.Button, new() { Name = "Approve this plan" }).ClickAsync();
        await Expect(page.GetByRole(AriaRole.Status).Filter(new() { HasText = "approved" })).ToBeVisibleAsync();

        // without a reload: the page follows the worker
        await Expect(page.Locator("main .badge", new() { HasText = "resolved" }).First).ToBeVisibleAsync(Browsing.Patient);
        Assert.That(await CountAsync("casts"), Is.EqualTo(casts - orphans));
        var id = long.Parse(IncidentId().Match(page.Url).Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        Assert.That((await _theatre.Incidents.FindAsync(id, CancellationToken.None))!.ApprovedRows, Is.EqualTo(orphans), "the approval is bound to the rows that were read");
        await Browsing.ShootAsync(page, "incident-healed");
        await Browsing.AssertGoodAsync(page);

        await page.GetByText("Undo ...").ClickAsync();
        await page.Locator("#undo").GetByLabel("Why").FillAsync("somebody misses them");
        await page.GetByRole(AriaRole.Button, new() { Name = "Bring the rows back" }).ClickAsync();
        await Expect(page.Locator("main .badge", new() { HasText = "undone" }).First).ToBeVisibleAsync(Browsing.Patient);
        Assert.That(await CountAsync("casts"), Is.EqualTo(casts));
        Assert.That((await _theatre.Incidents.FindAsync(id, CancellationToken.None))!.State, Is.EqualTo(IncidentState.Undone));
        await RunByHandAsync(page);
        Assert.That(_browser.Console, Is.Empty);
        await EveryPageAsync(id);
    }

    /// <summary>A check is asked for by hand, and its run is read to the end.</summary>
    private static async Task RunByHandAsync(IPage page)
    {
        await page.GetByRole(AriaRole.Link, new() { Name = "Schedules", Exact = true }).ClickAsync();
        var card = page.Locator("section.card", new() { HasText = JobNames.OrphanCleanup });
        await card.GetByText("Run now").First.ClickAsync();
        await card.GetByLabel("Why").First.FillAsync("to be sure");
        await card.GetByRole(AriaRole.Button, new() { Name = "Run now" }).ClickAsync();
        var said = page.GetByRole(AriaRole.Status).Filter(new() { HasText = "Asked for, as run" });
        await Expect(said).ToBeVisibleAsync();
        var run = RunNumber().Match(await said.InnerTextAsync()).Groups[1].Value;
        await page.GetByRole(AriaRole.Link, new() { Name = "Jobs", Exact = true }).ClickAsync();
        await page.GetByRole(AriaRole.Link, new() { Name = run, Exact = true }).ClickAsync();
        await Expect(page.Locator("main .badge", new() { HasText = "succeeded" }).First).ToBeVisibleAsync(Browsing.Patient);
        await Expect(page.GetByText("1 findings").First).ToBeVisibleAsync();
    }

    /// <summary>In the same theatre, where there is something to see: light, dark, on a phone, and without script.</summary>
    private async Task EveryPageAsync(long id)
    {
        var snapshot = await _theatre.Db.FirstAsync<long>("SELECT id FROM healing.snapshots WHERE removed_at IS NULL AND kind <> 'waived' ORDER BY bytes DESC LIMIT 1", null, CancellationToken.None);
        var owner = await _theatre.Db.FirstAsync<long>("SELECT incident_id FROM healing.snapshots WHERE id = @snapshot", new { snapshot }, CancellationToken.None);
        var run = await _theatre.Db.FirstAsync<long>("SELECT max(id) FROM healing.job_runs WHERE state = 'succeeded'", null, CancellationToken.None);
        (string Name, string Path)[] pages =
        [
            ("home", "/"), ("incidents", "/incidents?show=all"), ("incident", $"/incidents/{id}"), ("plan", $"/incidents/{id}/plan"), ("healed-index", $"/incidents/{owner}"), ("snapshot", $"/incidents/{owner}/snapshots/{snapshot}"),
            ("quarantine", "/quarantine"), ("kept-rows", $"/quarantine/{id}"), ("decide", $"/incidents/decide?verb=close&id={id}"), ("nowhere", "/nowhere"),
            ("jobs", "/jobs"), ("run", $"/jobs/{run}"), ("schedules", "/schedules"), ("workers", "/workers"), ("targets", "/targets"), ("target", "/targets/movies"), ("audit", "/audit"), ("configuration", "/configuration"),
        ];
        foreach (var (look, dark, phone) in ((string, bool, bool)[])[("light", false, false), ("dark", true, false), ("phone", false, true)])
        {
            var page = await _browser.PageAsync(dark, phone);
            foreach (var (name, path) in pages)
            {
                await page.GotoAsync(path);
                await Expect(page.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToBeVisibleAsync();
                await Browsing.ShootAsync(page, $"{name}-{look}");
                await Browsing.AssertGoodAsync(page);
            }
        }
        Assert.That(_browser.Console.Where(said => !said.Contains("/nowhere", StringComparison.Ordinal)), Is.Empty);
        var plain = await _browser.PageAsync(script: false);
        await plain.GotoAsync($"/incidents/{id}");
        await Expect(plain.GetByText("Its way so far")).ToBeVisibleAsync();
    }

    private Task<long> CountAsync(string of) => _theatre.Cluster.ScalarAsync<long>("movies", $"SELECT count(*) FROM {of}");

    [GeneratedRegex(@"as run (\d+)")]
    private static partial Regex RunNumber();

    [GeneratedRegex(@"/incidents/(\d+)")]
    private static partial Regex IncidentId();
}
