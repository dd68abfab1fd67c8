using HealingWorkers.Integration.Tests.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

/// <summary>The end of a window and a pause stop an attempt wherever it is, before its repair and after it too.</summary>
[TestFixture]
public sealed class CutOffTests
{
    private const string Shop = """
        CREATE TABLE movies (id int PRIMARY KEY);
        INSERT INTO movies SELECT generate_series(1, 100);
        CREATE TABLE reviews (id int PRIMARY KEY, movie_id int REFERENCES movies);
        INSERT INTO reviews SELECT i, 1 + i % 100 FROM generate_series(1, 1000) i;
        """;
    private const string Twins = "pg_constraint WHERE conname LIKE 'healing%'";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_snapshot_is_given_up_and_nothing_of_it_is_left(bool paused)
    {
        await using var clinic = await OpenAsync();
        clinic.Options.AutoHealing.SnapshotBeforeRepair = true;
        var incident = (await clinic.CheckAsync()).Single();
        var factory = clinic.Factory();
        var server = (await clinic.Target.FactsAsync(CancellationToken.None)).Id.SystemIdentifier;
        var leases = new LeaseLedger(clinic.Db);
        var copying = (await leases.TakeAsync(Lease.OfBase(server, factory.Snapshots.Storage.Claim()), "another", null, TimeSpan.FromMinutes(10), CancellationToken.None))!;
        var healing = clinic.HealAsync(incident);
        await Poll.UntilAsync(async ct => (await clinic.Incidents.FindAsync(incident.Id, ct))!.State == IncidentState.Snapshotting, Patience, "a snapshot that waits for another worker's");

        await StopAsync(clinic, incident, paused);

        var stopped = await healing.WaitAsync(Patience, TimeProvider.System);
        Assert.That((stopped.State, stopped.Reason, stopped.Attempts, stopped.Deferrals), Is.EqualTo((IncidentState.Detected, Why(paused), 0, 1)));
        Assert.That(await new SnapshotLedger(clinic.Db).OfIncidentAsync(incident.Id, CancellationToken.None), Is.Empty);
        Assert.That(Directory.Exists(factory.Snapshots.Root) ? Directory.EnumerateFiles(factory.Snapshots.Root, "*", SearchOption.AllDirectories) : [], Is.Empty);
        Assert.That(await clinic.CountAsync("reviews"), Is.EqualTo(1000));

        await leases.ReleaseAsync(copying, CancellationToken.None);
        clinic.Options.Snapshots.BaseBackup = BaseBackupRule.Never;
        await GoOnAsync(clinic, incident, paused);
        Assert.That(await clinic.CountAsync("reviews"), Is.EqualTo(990));
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_proof_is_given_up_and_made_the_next_time_without_a_second_repair(bool paused)
    {
        await using var clinic = await OpenAsync();
        var incident = (await clinic.CheckAsync()).Single();
        await using (var dump = new NpgsqlConnection(Clinic.Cluster.ConnectionString(clinic.Database)))
        {
            await dump.OpenAsync();
            await using var reading = await dump.BeginTransactionAsync();
            await using var read = new NpgsqlCommand("LOCK TABLE reviews IN ACCESS SHARE MODE", dump);
            await read.ExecuteNonQueryAsync();
            var healing = clinic.HealAsync(incident);
            await Poll.UntilAsync(async _ => await clinic.CountAsync($"{Twins} AND convalidated") == 1, Patience, "a twin that cannot be dropped yet");

            await StopAsync(clinic, incident, paused);

            var stopped = await healing.WaitAsync(Patience, TimeProvider.System);
            Assert.That((stopped.State, stopped.Attempts, stopped.Deferrals), Is.EqualTo((IncidentState.Detected, 0, 1)), stopped.Reason);
            Assert.That(stopped.Reason, Does.StartWith(Why(paused)).And.Contain($"ALTER TABLE public.reviews DROP CONSTRAINT IF EXISTS healing_twin_{incident.Id};"), "and what is left is told");
            Assert.That((await clinic.CountAsync("reviews"), await clinic.CountAsync("healing_quarantine.rows")), Is.EqualTo((990L, 10L)), "the repair itself was done");
        }
        await GoOnAsync(clinic, incident, paused);
        var healed = (await clinic.Incidents.FindAsync(incident.Id, CancellationToken.None))!;
        Assert.That(healed.Reason, Does.Contain("a twin of the constraint was added, validated and dropped"));
        Assert.That((await clinic.CountAsync(Twins), await clinic.CountAsync("reviews"), await clinic.CountAsync("healing_quarantine.rows")), Is.EqualTo((0L, 990L, 10L)));
    }

    private static string Why(bool paused) => paused ? "repairs were paused" : "the maintenance window ended";

    private static async Task<Clinic> OpenAsync()
    {
        var clinic = await Clinic.OpenAsync(Shop, rules => rules.ForeignKeys.Add(DataServer.Points("reviews.movie_id", "movies.id")));
        var now = TimeProvider.System.GetUtcNow();
        (clinic.NeverWait, clinic.Clock) = (false, new MovedClock());
        (clinic.Target.Options.MaintenanceWindow, clinic.Target.Options.Policy["quarantining"]) = ($"{now.AddHours(-1):HH}:00-{now.AddHours(2):HH}:00 UTC", RepairPolicy.Window);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        return clinic;
    }

    private static async Task StopAsync(Clinic clinic, Incident incident, bool paused)
    {
        if (paused)
        {
            await new Pauses(clinic.Db).PauseAsync(incident.TargetId, "somebody", "a test", CancellationToken.None);
            return;
        }
        ((MovedClock)clinic.Clock).Later = TimeSpan.FromHours(3);
    }

    /// <summary>Nothing begins while it may not, and then it is healed.</summary>
    private static async Task GoOnAsync(Clinic clinic, Incident incident, bool paused)
    {
        var twins = await clinic.CountAsync(Twins);
        var waiting = await clinic.HealAsync(incident);
        Assert.That((waiting.State, await clinic.CountAsync(Twins)), Is.EqualTo((paused ? IncidentState.Detected : IncidentState.AwaitingWindow, twins)), waiting.Reason);
        if (paused)
        {
            await new Pauses(clinic.Db).ResumeAsync(incident.TargetId, "somebody", "a test", CancellationToken.None);
        }
        ((MovedClock)clinic.Clock).Later = TimeSpan.FromDays(1);
        var healed = await clinic.HealAsync(incident);
        Assert.That((healed.State, healed.Attempts), Is.EqualTo((IncidentState.Resolved, 1)), healed.Reason);
    }
}
