using HealingWorkers.Drill;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>Work that a maintenance window let begin stops when the window ends.</summary>
[TestFixture]
internal sealed class WindowTests
{
    private const string Index = "movies_title_idx";

    [Test]
    public async Task A_repair_is_cancelled_when_its_window_ends_and_goes_on_in_the_next()
    {
        var now = TimeProvider.System.GetUtcNow();
        await using var hospital = await Hospital.OpenAsync(500, adjust: t =>
            (t.MaintenanceWindow, t.Policy["lossless-online"]) = ($"{now.AddHours(-1):HH}:00-{now.AddHours(2):HH}:00 UTC", RepairPolicy.Window));
        hospital.Limits = hospital.Limits with { LockTimeout = TimeSpan.FromMinutes(2) };
        var clock = new MovedClock();
        hospital.Clock = clock;
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var incident = (await hospital.CheckAsync()).Single();
        await using (var writer = await Hospital.Cluster.OpenAsync(hospital.Database))
        {
            await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE movies IN ROW EXCLUSIVE MODE", writer);
            await hold.ExecuteNonQueryAsync();
            var healing = hospital.HealAsync(incident.Id);
            await Poll.UntilAsync(async _ => await RebuildsAsync(hospital) == 1, TimeSpan.FromSeconds(20), "a rebuild that waits");
            Assert.That(healing.IsCompleted, Is.False);

            clock.Later = TimeSpan.FromHours(3);
            var outcome = await healing.WaitAsync(TimeSpan.FromSeconds(60), TimeProvider.System);

            Assert.That((outcome.State, outcome.Note, outcome.Deferred), Is.EqualTo((IncidentState.AwaitingWindow, "the maintenance window ended", true)));
            Assert.That(await RebuildsAsync(hospital), Is.Zero);
            Assert.That((await hospital.AttemptsAsync(incident.Id)).Select(a => a.Outcome), Is.All.EqualTo("deferred"));
            Assert.That((await hospital.FindAsync(incident.Id)).Attempts, Is.Zero, "it does not count");
        }
        Assert.That((await hospital.HealAsync(incident.Id)).Note, Does.StartWith("it waits for the window"), "outside of it nothing begins");
        clock.Later = TimeSpan.FromDays(1);
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.Resolved));
        await hospital.AssertSoundAsync();
    }

    [Test]
    public async Task What_waits_for_its_window_by_policy_has_three_of_them_and_not_a_day()
    {
        var closed = TimeProvider.System.GetUtcNow().AddDays(-1);
        await using var hospital = await Hospital.OpenAsync(500, adjust: t =>
            (t.MaintenanceWindow, t.Policy["lossless-online"]) = ($"{closed:ddd} {closed:HH}:00-{closed:HH}:30 UTC", RepairPolicy.Window));
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var incident = (await hospital.CheckAsync()).Single();
        foreach (var (days, state) in new[] { (0, IncidentState.AwaitingWindow), (2, IncidentState.AwaitingWindow), (14, IncidentState.AwaitingWindow), (21, IncidentState.Escalated) })
        {
            hospital.Clock = new LaterClock(TimeSpan.FromDays(days));
            Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(state), $"after {days} days");
        }
        Assert.That(await hospital.AttemptsAsync(incident.Id), Is.Empty);
    }

    private static Task<long> RebuildsAsync(Hospital hospital) =>
        Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'REINDEX INDEX CONCURRENTLY%' AND state = 'active' AND datname = current_database()");
}
