using HealingWorkers.Drill;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Engine;

/// <summary>db.restore_test in a worker that does not see the newest backup.</summary>
[TestFixture, NonParallelizable]
public sealed class ProofElsewhereTests
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("healing-elsewhere-");
    private PgCluster _patient = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        File.SetUnixFileMode(_state.FullName, (UnixFileMode)0b111_101_101);
        _patient = await PgCluster.StartNewAsync();
        await MoviesSchema.CreateAsync(_patient, "movies", 200);
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _patient.DisposeAsync();
        _state.Delete(recursive: true);
    }

    [Test]
    public async Task It_is_put_off_until_who_sees_it_takes_it_and_fails_in_the_end_but_is_no_success()
    {
        var options = new HealingOptions
        {
            Mode = HealingMode.Observe,
            StateDirectory = _state.FullName,
            Targets = [new TargetOptions { Name = "movies", Connection = _patient.ConnectionString("movies") }],
            Worker = new() { Lease = TimeSpan.FromMinutes(5), Drain = TimeSpan.FromSeconds(2) },
        };
        await using var stage = await WorkerStage.StartAsync(options, BackupProvider.PgBasebackup);
        await stage.RunAsync(JobNames.Backup);
        await stage.Db.DoAsync("UPDATE healing.backups SET host = 'far', place = '/nowhere' || place", null, default);

        var run = await stage.TriggerAsync(JobNames.RestoreTest);
        var put = await UntilAsync(stage, run.Id, r => r is { State: "pending", Deferrals: 1 }, "a run that is put off");
        Assert.That(put.Note, Is.EqualTo("backup 1 lies on far: a worker that sees it is to prove it"));
        Assert.That((await stage.Ledger.PastAsync(run.Key, default)).Succeeded, Is.Null);

        await stage.Db.DoAsync("UPDATE healing.job_runs SET deferrals = 452, due_at = clock_timestamp() WHERE state = 'pending'", null, default);
        var failed = await UntilAsync(stage, run.Id, r => r.EndedAt is not null, "its end");
        Assert.That((failed.State, failed.Error), Is.EqualTo(("failed", failed.Error)));
        Assert.That(failed.Error, Does.StartWith("nothing is proven: backup 1 lies on far, and no worker that sees it took this run"));
        Assert.That((await stage.Ledger.PastAsync(run.Key, default)).Succeeded, Is.Null);

        await stage.Db.DoAsync("UPDATE healing.backups SET place = substr(place, length('/nowhere') + 1)", null, default);
        var proven = await stage.RunAsync(JobNames.RestoreTest);
        Assert.That(proven.Note, Does.StartWith("backup 1 is proven in "));
    }

    private static async Task<JobRun> UntilAsync(WorkerStage stage, long id, Func<JobRun, bool> met, string what)
    {
        JobRun? run = null;
        await Poll.UntilAsync(async ct => (run = await stage.Ledger.FindAsync(id, ct)) is not null && met(run), EngineFleet.Limit, what);
        return run!;
    }
}
