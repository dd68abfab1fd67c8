using System.Text.RegularExpressions;
using Dapper;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard.Pages;

/// <summary>What Home says at one glance, and on what ground.</summary>
[TestFixture, NonParallelizable]
public sealed partial class HomeTests
{
    private Stage _stage = null!;
    private Story _story = null!;
    private int _looks;

    [SetUp]
    public async Task OpenAsync()
    {
        _stage = await Stage.OpenAsync(change: o =>
        {
            foreach (var name in (string[])["movies", "books", "never"])
                o.Targets.Add(new TargetOptions { Name = name, Connection = "Host=127.0.0.1;Port=1" });
            // nothing comes before the next health check, whatever the time is
            (o.AutoHealing.OrphanCleanupInterval, o.AutoHealing.IndexCheckInterval) = ("0 0 1 1 *", "0 0 1 1 *");
        });
        _story = new Story(_stage.Db);
    }

    [TearDown]
    public async Task CloseAsync() => await _stage.DisposeAsync();

    [Test]
    public async Task Each_target_has_its_verdict_and_the_ground_for_it()
    {
        await _story.DamageAsync("broken");
        var books = new Story(_stage.Db, "books", "7000000000000000002");
        var leftover = await books.DamageAsync("leftover", FindingKind.IndexLeftover);
        var cards = await CardsAsync();
        Assert.That(cards["movies"], Does.Contain("damaged").And.Contain("1 critical, 0 warning and 0 info are open, by 1 checks").And.Contain("public.broken"));
        Assert.That(cards["books"], Does.Contain("needs care").And.Contain("0 critical, 1 warning and 0 info").And.Not.Contain("public.broken"));
        Assert.That(cards["never"], Does.Contain("not looked at yet").And.Contain("It was never reached."));
        await books.HealAsync(leftover);
        Assert.That((await CardsAsync())["books"], Does.Contain("Target books: healthy\"").And.Contain("1 checks have looked and nothing is open").And.Contain("nothing needs to be done").And.Not.Contain("All open incidents of books"));
    }

    [Test]
    public async Task What_is_worst_of_a_target_is_listed_however_many_newer_ones_others_have()
    {
        await new Story(_stage.Db, "books", "7000000000000000002").DamageAsync("old_and_bad");
        for (var n = 0; n < 105; n++)
            await _story.DamageAsync($"many_{n}", FindingKind.IndexLeftover);
        await _story.DamageAsync("worse");
        var cards = await CardsAsync();
        Assert.That(cards["books"], Does.Contain("public.old_and_bad").And.Contain("All open incidents of books"));
        Assert.That(Listed().Count(cards["movies"]), Is.EqualTo(5));
        Assert.That(cards["movies"], Does.Contain("public.worse").And.Contain("All open incidents of movies").And.Contain("1 critical, 105 warning"));
    }

    [Test]
    public async Task What_comes_next_is_what_will_come()
    {
        await _story.DamageAsync("broken");
        Assert.That((await CardsAsync())["movies"], Does.Contain("<span>health check, <time").And.Not.Contain("rest"));
        var pauses = new SchedulePauses(_stage.Db);
        await pauses.PauseAsync(JobNames.RecurringId(JobNames.HealthCheck, "movies"), "anna", "a release", default);
        var cards = await CardsAsync();
        Assert.That(cards["movies"], Does.Not.Contain("health check").And.Contain("1 schedule rests").And.Contain("<time"));
        Assert.That(cards["books"], Does.Contain("<span>health check, <time"), "only that of movies rests");
        foreach (var job in JobNames.Recurring)
            await pauses.PauseAsync(JobNames.RecurringId(job, "movies"), "anna", "a release", default);
        Assert.That((await CardsAsync())["movies"], Does.Match("<span>nothing</span><span>; [0-9]+ schedules rest</span>"));
    }

    [Test]
    public async Task The_score_counts_only_what_nobody_had_a_hand_in()
    {
        Assert.That(await SeenAsync(), Does.Contain("Nothing has ended within 30 days"));
        var alone = await _story.DamageAsync("alone");
        await _story.HealAsync(alone);
        var approved = await _story.DamageAsync("approved");
        await using (var connection = await _stage.Db.Source.OpenConnectionAsync())
            await connection.ExecuteAsync("UPDATE healing.incidents SET approved_by = 'anna' WHERE id = @Id", new { approved.Id });
        await _story.HealAsync(approved);
        var handed = await _story.DamageAsync("handed");
        await _story.EscalateAsync(handed);
        var again = await new IncidentDecisions(_story.Incidents, 3).ReopenAsync(handed.Id, "anna", "there is room now", default);
        await _story.HealAsync(again);
        var closed = await _story.DamageAsync("closed");
        await _story.EscalateAsync(closed);
        await new IncidentDecisions(_story.Incidents, 3).CloseAsync(closed.Id, "anna", "by hand", default);
        await _story.EscalateAsync(await _story.DamageAsync("waits"));
        var home = await SeenAsync();
        Assert.That(home, Does.Contain("<p class=\"figure\">20<span").And.Contain("healed without a person: 1 of them; 4 were approved, closed or taken over"));
        Assert.That(home, Does.Contain("Within 30 days 5 incidents were found and 3 healed, 1 of them without a person; 4 came to one."));
        Assert.That(home, Does.Match("<title>[0-9-]+: 5 found, 3 healed, 1 of them without a person, 4 by or for one</title>"));
        Assert.That(Bars().Matches(home).Select(m => int.Parse(m.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)).Max(), Is.EqualTo(90), "the tallest bar is as tall as the chart");
    }

    /// <summary>Anew, whatever was rendered a moment ago.</summary>
    private Task<string> SeenAsync() => _stage.Http.GetStringAsync($"/?look={++_looks}");

    private async Task<Dictionary<string, string>> CardsAsync() =>
        Card().Matches(await SeenAsync()).ToDictionary(m => m.Groups[1].Value, m => m.Value, StringComparer.Ordinal);

    [GeneratedRegex("<section class=\"card target[^\"]*\" aria-label=\"Target ([a-z]+):.*?</section>", RegexOptions.Singleline)]
    private static partial Regex Card();

    [GeneratedRegex("<li><span")]
    private static partial Regex Listed();

    [GeneratedRegex("height=\"([0-9]+)\" class=\"found\"")]
    private static partial Regex Bars();
}
