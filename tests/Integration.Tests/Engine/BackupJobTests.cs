using HealingWorkers.Dashboard.Metrics;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Engine;

/// <summary>db.backup in a worker: late is told, made is seen, old goes.</summary>
[TestFixture, NonParallelizable]
public sealed class BackupJobTests
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("healing-backup-job-");
    private PgCluster _patient = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _patient = await PgCluster.StartNewAsync(new() { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["max_slot_wal_keep_size"] = "4GB" } });
        await MoviesSchema.CreateAsync(_patient, "movies", 500);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _patient.DisposeAsync();
        _state.Delete(recursive: true);
    }

    [Test]
    public async Task A_late_backup_is_an_incident_until_one_is_made_and_retention_goes_with_the_job()
    {
        var target = new TargetOptions { Name = "movies", Connection = _patient.ConnectionString("movies") };
        var options = new HealingOptions { Mode = HealingMode.Observe, StateDirectory = _state.FullName, Targets = [target], Worker = new() { Lease = TimeSpan.FromMinutes(5), Drain = TimeSpan.FromSeconds(2) } };
        options.Backups.Keep = new() { Daily = 1, Weekly = 0, Monthly = 0 };
        await using var stage = await WorkerStage.StartAsync(options, BackupProvider.PgBasebackup);
        await stage.RunAsync(JobNames.HealthCheck);
        Assert.That(await OpenAsync(stage), Is.Empty, "it is known since a moment only");
        Assert.That(await AgeAsync(stage), Is.Null);

        await stage.Db.DoAsync("UPDATE healing.targets SET first_seen_at = first_seen_at - interval '3 days'", null, default);
        await stage.RunAsync(JobNames.HealthCheck);
        var late = (await OpenAsync(stage)).Single();
        Assert.That((late.Kind, late.Severity, late.Detail), Is.EqualTo((FindingKind.BackupLate, Severity.Warning, late.Detail)));
        Assert.That(late.Detail, Does.StartWith("there is no good backup; it is known since ").And.EndsWith("backups.late_after is 2d"));

        var first = await stage.RunAsync(JobNames.Backup);
        Assert.That(first.Note, Does.Match(@"backup 1 by pg_basebackup: \d+ MB of \d+ MB in [\d.]+ s, in "));
        await stage.RunAsync(JobNames.HealthCheck);
        Assert.That(await OpenAsync(stage), Is.Empty, "two looks saw a young one");
        Assert.That(await AgeAsync(stage), Is.InRange(0.1, 300));

        Assert.That(await AgeAsync(stage, MetricCatalogue.BackupUnproven), Is.InRange(0, 300), "since it was made");
        await stage.Db.DoAsync("UPDATE healing.backups SET started_at = started_at - interval '2 days', ended_at = ended_at - interval '9 days'", null, default);
        Assert.That(await AgeAsync(stage), Is.GreaterThan(172_000));
        Assert.That(await AgeAsync(stage, MetricCatalogue.BackupUnproven), Is.GreaterThan(9 * 86_400));
        var second = await stage.RunAsync(JobNames.Backup);
        Assert.That(second.Log, Does.Contain("backup 1 of").And.Contain("is removed: no day, week or month is kept for it"));
        var left = await new BackupLedger(stage.Db).ListAsync("movies", removed: true, 10, default);
        Assert.That(left.Select(b => (b.Id, b.State, Directory.Exists(b.Place))), Is.EqualTo(new[] { (2L, BackupState.Complete, true), (1L, BackupState.Removed, false) }));
        Assert.That(Directory.EnumerateFileSystemEntries(Path.Combine(_state.FullName, "backups")), Is.EqualTo(new[] { left[0].Place }));
    }

    [Test]
    public async Task WAL_is_received_once_for_all_targets_of_a_server_and_trouble_is_told_until_it_is_over()
    {
        await _patient.CreateDatabaseAsync("films");
        var options = new HealingOptions
        {
            Mode = HealingMode.Observe,
            StateDirectory = Path.Combine(_state.FullName, "wal"),
            Targets = [.. ((string[])["movies", "films"]).Select(n => new TargetOptions { Name = n, Connection = _patient.ConnectionString(n) })],
            Worker = new() { Lease = TimeSpan.FromMinutes(5), Drain = TimeSpan.FromSeconds(2) },
            Backups = new() { Wal = true },
        };
        await using var stage = await WorkerStage.StartAsync(options, BackupProvider.PgBasebackup);
        await Poll.UntilAsync(async stop => await _patient.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_replication WHERE application_name = 'healing wal'", ct: stop) == 1, TimeSpan.FromSeconds(20), "WAL is received");
        await Task.Delay(TimeSpan.FromSeconds(3), TimeProvider.System);
        Assert.That(await _patient.QueryAsync<string>("postgres", "SELECT slot_name FROM pg_replication_slots"), Has.Count.EqualTo(1).And.All.StartsWith("healing_"));
        await Poll.UntilAsync(async _ => (await OpenAsync(stage)).Count == 0, TimeSpan.FromSeconds(60), "no trouble");

        await _patient.ExecuteAsync("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_replication");
        await Poll.UntilAsync(async _ => (await OpenAsync(stage)).Any(i => i.Kind == FindingKind.WalNotReceived), TimeSpan.FromSeconds(20), "the incident");
        await Poll.UntilAsync(async _ => (await OpenAsync(stage)).Count == 0, TimeSpan.FromSeconds(60), "its end, since it was begun again");
        Assert.That(await _patient.QueryAsync<string>("postgres", "SELECT slot_name FROM pg_replication_slots"), Has.Count.EqualTo(1), "whichever target it is received for");
    }

    private static async Task<IReadOnlyList<Incident>> OpenAsync(WorkerStage stage) => await stage.Incidents.ListAsync(new() { OpenOnly = true }, default);

    private static async Task<double?> AgeAsync(WorkerStage stage, MetricDescription? metric = null)
    {
        using var metrics = new LedgerMetrics(stage.Db, TimeProvider.System, NullLogger<LedgerMetrics>.Instance) { WaitedFor = Poll.AtLeast, Patience = Poll.AtLeast };
        var samples = (await metrics.ReadAsync(default)).Single(f => f.Metric == (metric ?? MetricCatalogue.BackupAge)).Samples;
        return samples.Count == 0 ? null : samples.Single().Value;
    }
}
