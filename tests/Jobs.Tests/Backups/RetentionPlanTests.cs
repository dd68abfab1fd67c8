using System.Globalization;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Options;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Backups;

/// <summary>Backups of many days, one after the other, and what is left of them on every single day.</summary>
[TestFixture]
public sealed class RetentionPlanTests
{
    private static readonly KeepOptions Keep = new() { Daily = 7, Weekly = 4, Monthly = 3 };

    /// <summary>The winter time of much of Europe ends and begins within these days: 2026-03-29 and 2026-10-25.</summary>
    [TestCase("2026-02-01", 120, "Europe/Berlin")]
    [TestCase("2026-09-01", 120, "Europe/Berlin")]
    [TestCase("2026-01-01", 400, "UTC")]
    [TestCase("2026-09-20", 90, "America/New_York")]
    public void On_every_day_exactly_the_right_ones_are_left(string first, int days, string zone)
    {
        var place = TimeZoneInfo.FindSystemTimeZoneById(zone);
        var left = new List<Backup>();
        var start = DateTime.Parse(first, CultureInfo.InvariantCulture);
        for (var day = 0; day < days; day++)
        {
            // half past two in the night of the place, which is there twice in autumn and not at all in spring
            var local = start.AddDays(day).AddHours(2.5);
            var at = new DateTimeOffset(place.IsInvalidTime(local) ? local.AddHours(1) : local, place.GetUtcOffset(place.IsInvalidTime(local) ? local.AddHours(1) : local)).ToUniversalTime();
            left.Add(Good(day + 1, at));
            left = Kept(left, at.AddHours(1));

            var all = Enumerable.Range(1, day + 1).Select(n => (long)n).ToList();
            var times = all.ToDictionary(n => n, n => TimeOf(start, (int)n - 1, place));
            var expected = all.TakeLast(7)
                .Concat(all.GroupBy(n => (ISOWeek.GetYear(times[n]), ISOWeek.GetWeekOfYear(times[n]))).Select(g => g.Max()).OrderDescending().Take(4))
                .Concat(all.GroupBy(n => (times[n].Year, times[n].Month)).Select(g => g.Max()).OrderDescending().Take(3)).Distinct().Order();
            Assert.That(left.Select(b => b.Id).Order(), Is.EqualTo(expected), $"day {day}, {at:u}");
        }
    }

    [Test]
    public void Several_a_day_leave_the_newest_of_each_day_and_the_proven_one_before_it()
    {
        var now = Day(10);
        var backups = Enumerable.Range(0, 40).Select(n => Good(n + 1, Day(0).AddHours(6 * n))).ToList();
        // the second of four of the ninth day was proven
        backups[33] = backups[33] with { ProvenAt = now };
        var left = Kept(backups, now, new KeepOptions { Daily = 7, Weekly = 0, Monthly = 0 });
        Assert.That(left.Select(b => b.Id).Order(), Is.EqualTo(new long[] { 16, 20, 24, 28, 32, 34, 40 }));
    }

    [Test]
    public void Failed_and_missed_days_take_nothing_away()
    {
        var left = new List<Backup>();
        for (var day = 0; day < 60; day++)
        {
            if (day is < 20 or >= 50)
            {
                left.Add(Good(day + 1, Day(day)));
            }
            else if (day % 3 != 0)
            {
                left.Add(Good(day + 1, Day(day)) with { State = BackupState.Failed });
            }
            left = Kept(left, Day(day).AddHours(1));
            if (day is >= 21 and < 50)
            {
                Assert.That(left.Where(b => b.IsGood).Select(b => b.Id).Order().TakeLast(7), Is.EqualTo(Enumerable.Range(14, 7)), $"day {day}: thirty days without a good one leave the last seven");
                Assert.That(left.Count(b => b.State == BackupState.Failed), Is.LessThanOrEqualTo(2), "failed ones stay for a day");
            }
        }
        Assert.That(left.Count(b => b.State == BackupState.Failed), Is.Zero);
    }

    [TestCase(3650)]
    [TestCase(-3650)]
    public void A_clock_that_jumps_for_some_days_costs_no_good_backup_of_the_right_time(int jump)
    {
        var left = new List<Backup>();
        for (var day = 0; day < 40; day++)
        {
            // three days with a wrong clock, also for the one who prunes
            var at = day is >= 20 and < 23 ? Day(day + jump) : Day(day);
            left.Add(Good(day + 1, at));
            left = Kept(left, at.AddHours(1));
            Assert.That(left.Select(b => b.Id), Does.Contain(day + 1L), "the last that was made, whatever its clock said");
            if (day >= 30)
            {
                // a wrong day in the future fills a place of three; a wrong one in the past fills none
                Assert.That(left.Select(b => b.Id), Is.SupersetOf(Enumerable.Range(day - 2, 4).Select(n => (long)n)), $"day {day}");
            }
        }
    }

    [Test]
    public void Never_the_last_good_one_never_a_running_one_never_the_newest_proven_one()
    {
        var now = Day(1000);
        Backup[] backups =
        [
            Good(1, Day(1)) with { ProvenAt = Day(2) },
            Good(2, Day(3)),
            Good(3, Day(4)) with { Disproven = true, ProvenAt = Day(4) },
            Good(4, Day(5)) with { Disproven = true },
            Good(5, Day(6)) with { State = BackupState.Running },
            Good(6, Day(2)) with { InUse = true },
        ];
        Assert.That(Kept(backups, now, new KeepOptions { Daily = 1, Weekly = 0, Monthly = 0 }).Select(b => b.Id).Order(), Is.EqualTo(new long[] { 1, 2, 4, 5, 6 }),
            "1 newest proven, 2 newest good, 6 last made, 4 the newest day's, 5 running, 6 in use; 3 was shown to be bad");
    }

    [Test]
    public void Each_server_each_way_and_each_dumped_target_is_looked_at_by_itself()
    {
        Backup[] backups =
        [
            Good(1, Day(1)), Good(2, Day(2)) with { SystemIdentifier = "other" }, Good(3, Day(3)) with { Provider = BackupProvider.PgDump }, Good(4, Day(4)) with { Provider = BackupProvider.PgDump, TargetId = 2 },
            Good(5, Day(5)) with { TargetId = 2 }, Good(6, Day(6)) with { Provider = BackupProvider.Pgbackrest },
        ];
        var decisions = RetentionPlan.Of(backups, new KeepOptions { Daily = 1, Weekly = 0, Monthly = 0 }, Day(9));
        Assert.That(decisions.Where(d => !d.Keep).Select(d => d.Backup.Id), Is.EqualTo(new long[] { 1 }), "5 is of the same server, by another target");
        Assert.That(decisions.Select(d => d.Backup.Id), Does.Not.Contain(6L), "pgbackrest expires its own");
    }

    private static DateTime TimeOf(DateTime start, int day, TimeZoneInfo place)
    {
        var local = start.AddDays(day).AddHours(2.5);
        local = place.IsInvalidTime(local) ? local.AddHours(1) : local;
        return new DateTimeOffset(local, place.GetUtcOffset(local)).UtcDateTime;
    }

    private static DateTimeOffset Day(int day) => new DateTimeOffset(2026, 1, 5, 3, 0, 0, TimeSpan.Zero).AddDays(day);

    private static List<Backup> Kept(IEnumerable<Backup> backups, DateTimeOffset now, KeepOptions? keep = null) =>
        [.. RetentionPlan.Of(backups, keep ?? Keep, now).Where(d => d.Keep).Select(d => d.Backup).OrderBy(b => b.Id)];

    private static Backup Good(long id, DateTimeOffset at) => new(id, 1, "movies", "server", BackupProvider.PgBasebackup, BackupState.Complete, at, at.AddMinutes(5), "host", $"/b/{id}", "label", 1, 1, 150000, null, null, null);
}
