using System.Globalization;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

/// <summary>healing.job.overdue: how late a recurring job is, and what excuses it.</summary>
[TestFixture]
public sealed partial class OverdueTests
{
    private const string Id = "db.health_check:movies";

    [Test]
    public async Task It_counts_from_the_last_success_and_not_while_it_runs_or_rests()
    {
        await using var stage = await Stage.OpenAsync(change: o => o.Targets.Add(new TargetOptions { Name = "movies", Connection = "Host=127.0.0.1;Port=1" }));
        Assert.That(await LateAsync(stage), Is.LessThan(1200), "since the ledger is there, and no longer");
        await RanAsync(stage, "succeeded", hours: 5);
        Assert.That(await LateAsync(stage), Is.InRange((5 * 3600) - 1200, (5 * 3600) + 60), "it is due every ten minutes");
        await RanAsync(stage, "failed", hours: 0);
        Assert.That(await LateAsync(stage), Is.GreaterThan(4 * 3600), "a run that failed is no success");
        await new SchedulePauses(stage.Db).PauseAsync(Id, "anna", "a release", default);
        Assert.That(await LateAsync(stage), Is.Zero, "it rests");
        await new SchedulePauses(stage.Db).ResumeAsync(Id, "anna", "done", default);
        Assert.That(await LateAsync(stage), Is.GreaterThan(4 * 3600));
        await RanAsync(stage, "running", hours: 0);
        Assert.That(await LateAsync(stage), Is.Zero, "it runs");
        await DoAsync(stage, "UPDATE healing.job_runs SET state = 'succeeded', ended_at = now() WHERE state = 'running'");
        Assert.That(await LateAsync(stage), Is.Zero);
    }

    private static async Task<double> LateAsync(Stage stage)
    {
        // a page of metrics is read from the ledger once in two seconds
        await Task.Delay(TimeSpan.FromSeconds(2.2), TimeProvider.System);
        var found = Line().Match(await stage.Http.GetStringAsync("/metrics"));
        Assert.That(found.Success, Is.True);
        return double.Parse(found.Groups[1].Value, CultureInfo.InvariantCulture);
    }

    private static Task RanAsync(Stage stage, string state, int hours) => DoAsync(stage, string.Create(CultureInfo.InvariantCulture,
        $"INSERT INTO healing.job_runs (key, job, target, state, requested_by, recurring_id, started_at, ended_at) VALUES ('k', 'db.health_check', 'movies', '{state}', 'test', '{Id}', now() - interval '{hours} hours', {(state == "running" ? "NULL" : $"now() - interval '{hours} hours'")})"));

    private static async Task DoAsync(Stage stage, string sql)
    {
        await using var connection = await stage.Db.Source.OpenConnectionAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    [GeneratedRegex("healing_job_overdue_seconds\\{kind=\"db.health_check\",target=\"movies\"\\} (\\S+)")]
    private static partial Regex Line();
}
