using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>A copy of a server that is stopped for it: on a server of its own.</summary>
[TestFixture, NonParallelizable]
internal sealed class DataDirectoryTests
{
    private const string Always = "00:00-00:00 UTC";
    private static readonly RepairPlan Plan = new("rebuild_index", RiskClass.Manual, [new("...", "none", "a test")]) { Base = BaseSnapshot.DataDirectory };

    [Test]
    public async Task It_is_stopped_copied_and_started_and_the_attempt_begins_anew_with_what_is_kept()
    {
        await using var hospital = await Hospital.OpenAsync(100, copies: true);
        await using var server = await MoviesAsync();
        await using var target = TargetOf(server, Always);
        var before = await server.ScalarAsync<string>("movies", BaseSnapshotTests.Hash);
        var began = await StartAsync(server);

        var kept = await BaseSnapshotTests.KeepAsync(hospital, Plan, target);

        Assert.That(kept.Evidence.Anew, Is.Not.Null, kept.Evidence.Trouble + kept.Evidence.Snapshot.Statement);
        Assert.That(kept.Evidence.Anew, Does.Match("^data_directory [0-9]+ by stop, copy, start in /"), kept.Evidence.Snapshot.Statement);
        Assert.That(await StartAsync(server), Is.GreaterThan(began), "it was restarted, by the same options");
        Assert.That(await server.ScalarAsync<string>("movies", BaseSnapshotTests.Hash), Is.EqualTo(before));
        var copy = (await new SnapshotLedger(hospital.Db).OfIncidentAsync(kept.Incident, default)).Single();
        await using (var restored = await Restored.StartAsync((string)JsonNode.Parse(copy.Manifest)!["restore"]!))
        {
            Assert.That(await restored.ScalarAsync("movies", BaseSnapshotTests.Hash), Is.EqualTo(before));
        }
        Assert.That(await SnapshotReader.ChangedAsync(copy.Place, copy.Sha256, default), Is.Empty);

        var second = await StartAsync(server);
        var again = await BaseSnapshotTests.KeepAsync(hospital, Plan, target);
        Assert.That((again.Evidence.Anew, again.Evidence.Proof is not null), Is.EqualTo(((string?)null, true)), again.Evidence.Trouble);
        Assert.That(again.Evidence.Snapshot.Statement, Does.Contain($"data_directory {copy.Id} of "));
        Assert.That(await StartAsync(server), Is.EqualTo(second), "and it is not stopped again");
    }

    [Test]
    public async Task Where_it_may_not_be_stopped_it_is_copied_while_it_runs()
    {
        await using var hospital = await Hospital.OpenAsync(100, copies: true);
        await using var server = await MoviesAsync();
        await using var target = TargetOf(server, "");
        var began = await StartAsync(server);
        var kept = await BaseSnapshotTests.KeepAsync(hospital, Plan, target);
        Assert.That(kept.Evidence.Snapshot.Statement, Does.Contain("by pg_basebackup in").And.Contain("the server is stopped only within a maintenance window"));

        hospital.Target.Options.MaintenanceWindow = Always;
        hospital.Target.Options.DataDirectory = Hospital.Cluster.DataDirectory;
        var own = await BaseSnapshotTests.KeepAsync(hospital, Plan);
        Assert.That(own.Evidence.Snapshot.Statement, Does.Contain("the control database is on that very server"));
        Assert.That(await StartAsync(server), Is.EqualTo(began));
    }

    [Test]
    public async Task It_is_started_again_whatever_becomes_of_the_work()
    {
        await using var server = await MoviesAsync();
        await using var target = TargetOf(server, Always);
        var (control, why) = await ServerControl.FindAsync(target, await target.FactsAsync(default), "", server.DataDirectory, default);
        Assert.That(control, Is.Not.Null, why);
        var late = await Assert.ThrowsAsync<HealingException>(() => control!.WhileStoppedAsync(async token =>
        {
            await Poll.UntilAsync(_ => AnswersAsync(server), TimeSpan.FromSeconds(20), "the server runs, though nobody said that we were done", token);
            await Task.Delay(TimeSpan.FromSeconds(5), TimeProvider.System, token);
            return 0;
        }, TimeSpan.FromSeconds(1), default));
        Assert.That(late!.Message, Does.Contain("took longer than"));
        await Assert.ThrowsAsync<InvalidOperationException>(() => control!.WhileStoppedAsync<int>(_ => throw new InvalidOperationException("the copy failed"), TimeSpan.FromMinutes(1), default));
        Assert.That(await AnswersAsync(server), Is.True);
    }

    private static async Task<PgCluster> MoviesAsync()
    {
        var server = await PgCluster.StartNewAsync();
        await MoviesSchema.CreateAsync(server, "movies", 300);
        return server;
    }

    private static Target TargetOf(PgCluster server, string window) =>
        new(new TargetOptions { Name = "own", Connection = server.ConnectionString("movies"), DataDirectory = server.DataDirectory, MaintenanceWindow = window }, TimeProvider.System);

    private static Task<DateTime> StartAsync(PgCluster server) => server.ScalarAsync<DateTime>("movies", "SELECT pg_postmaster_start_time()");

    private static async Task<bool> AnswersAsync(PgCluster server)
    {
        try
        {
            return await server.ScalarAsync<int>("movies", "SELECT 1") == 1;
        }
        catch (Npgsql.NpgsqlException)
        {
            return false;
        }
    }
}
