using System.Globalization;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Schedule;

public sealed class RecurringJobsTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 6, 7, 8, 9, TimeSpan.Zero);

    [Test]
    public void Each_target_has_its_checks_its_backup_and_the_proof_of_it()
    {
        var options = Options("movies", "songs");
        options.Targets[1].Backup = BackupProvider.None;
        var jobs = RecurringJobs.For(options).Where(j => j.Job is JobNames.HealthCheck or JobNames.IndexCheck or JobNames.OrphanCleanup or JobNames.Backup or JobNames.RestoreTest);
        Assert.That(jobs.Select(j => j.Id), Is.EqualTo(new[]
        {
            "db.health_check:movies", "db.index_check:movies", "db.orphan_cleanup:movies",
            "db.health_check:songs", "db.index_check:songs", "db.orphan_cleanup:songs",
            "db.backup:movies", "db.restore_test:movies",
        }));
    }

    [Test]
    public void Disabled_there_are_none()
    {
        var options = Options("movies");
        options.AutoHealing.Enabled = false;
        Assert.That(RecurringJobs.For(options), Is.Empty);
    }

    [Test]
    public void Due_times_are_spread_over_targets_and_the_same_each_time()
    {
        var names = Enumerable.Range(0, 60).Select(i => $"target{i}").ToArray();
        var jobs = RecurringJobs.For(Options(names)).Where(j => j.Job == JobNames.HealthCheck).ToList();
        Assert.That(jobs.Select(j => j.Cron).Distinct().Count(), Is.EqualTo(10), "all ten minutes are used");
        Assert.That(RecurringJobs.For(Options(names)), Is.SupersetOf(jobs));
    }

    [TestCase("1m", 1), TestCase("10m", 10), TestCase("30m", 30), TestCase("60m", 60), TestCase("1h", 60), TestCase("6h", 360), TestCase("12h", 720), TestCase("1d", 1440), TestCase("24h", 1440), TestCase("1w", 10080), TestCase("7d", 10080)]
    public void An_interval_comes_as_often_as_it_says(string interval, int minutes)
    {
        foreach (var target in (string[])["a", "b", "c", "d", "e", "f", "g"])
        {
            var job = RecurringJobs.Of(JobNames.HealthCheck, target, interval);
            var at = job.Line.Next(Now)!.Value;
            for (var i = 0; i < 30; i++)
            {
                var next = job.Line.Next(at)!.Value;
                Assert.That(next - at, Is.EqualTo(TimeSpan.FromMinutes(minutes)), $"{target}: {job.Cron} after {at:o}");
                at = next;
            }
            Assert.That(job.IntervalAt(Now), Is.EqualTo(TimeSpan.FromMinutes(minutes)));
        }
    }

    [TestCase("7m", "6m and 10m"), TestCase("5h", "4h and 6h"), TestCase("2d", "1d and 1w"), TestCase("30s", "1m"), TestCase("3w", "1w")]
    public void What_no_cron_line_says_is_refused_with_what_works(string interval, string nearest) =>
        Assert.That(() => RecurringJobs.Of(JobNames.HealthCheck, "movies", interval), Throws.TypeOf<HealingException>().With.Message.EndsWith(nearest));

    [Test]
    public void A_cron_line_is_taken_as_it_is_with_its_time_zone()
    {
        var job = RecurringJobs.Of(JobNames.IndexCheck, "movies", "30 2 * * SUN Europe/Vienna");
        Assert.That((job.Cron, job.TimeZone), Is.EqualTo(("30 2 * * 0", "Europe/Vienna")));
    }

    [TestCase("10:00", "10:00", "10:09", false, null, TestName = "Nothing is missed between two times")]
    [TestCase("09:50", "09:50", "10:01", false, null, TestName = "The engine may be late for a while")]
    [TestCase("09:50", "09:50", "10:02", false, "10:00", TestName = "A time that nobody heard is made up for")]
    [TestCase("08:00", "08:00", "10:05", false, "10:00", TestName = "Many missed times are one")]
    [TestCase("10:01", null, "10:05", false, null, TestName = "What was tried and failed waits for its next time")]
    [TestCase(null, null, "10:05", false, null, TestName = "A new one waits for its first time")]
    [TestCase(null, null, "10:05", true, "10:05", TestName = "At start a new one runs")]
    [TestCase("10:01", null, "10:05", true, "10:05", TestName = "At start one that never succeeded runs")]
    [TestCase("10:01", "10:01", "10:05", true, null, TestName = "At start one that has just succeeded does not")]
    public void Missed(string? requested, string? succeeded, string now, bool atStart, string? slot)
    {
        var job = new RecurringJob("db.health_check:movies", JobNames.HealthCheck, "movies", "*/10 * * * *", "UTC");
        var past = new RecurringPast { Requested = At(requested), Succeeded = At(succeeded), Now = At(now) };
        Assert.That(MissedTimes.SlotFor(job, past, At(now)!.Value, atStart), Is.EqualTo(At(slot)));
    }

    private static DateTimeOffset? At(string? time) => time is null ? null : DateTimeOffset.Parse($"2026-05-06T{time}:00Z", CultureInfo.InvariantCulture);

    private static HealingOptions Options(params string[] targets) => new() { Targets = [.. targets.Select(t => new TargetOptions { Name = t })] };
}
