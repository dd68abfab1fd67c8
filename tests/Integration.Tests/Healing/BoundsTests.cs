using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>When a server is left alone, and for how long.</summary>
[TestFixture]
internal sealed class BoundsTests
{
    private const string Index = "movies_title_idx";

    [Test]
    public async Task An_exclusion_constraint_is_rebuilt_in_place_under_its_policy()
    {
        await using var hospital = await Hospital.OpenAsync(500, realChecks: true, adjust: t => t.Policy["lossless-locking"] = RepairPolicy.Auto);
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            "CREATE TABLE seats (seat int, CONSTRAINT one_each EXCLUDE USING btree (seat WITH =)); INSERT INTO seats SELECT generate_series(1, 3000)");
        await hospital.Damage.Index.ZeroLeafAsync("one_each");
        var incident = (await hospital.CheckAsync(hospital.Checks[0])).Single();
        Assert.That(incident.Repair, Is.EqualTo("rebuild_index_locking"));
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That((await hospital.AttemptsAsync(incident.Id)).Single().Statements, Does.Contain("REINDEX INDEX public.one_each"));
        Assert.That(async () => await Hospital.Cluster.ExecuteAsync(hospital.Database, "INSERT INTO seats VALUES (7)"), Throws.InstanceOf<Npgsql.PostgresException>().With.Property("SqlState").EqualTo("23P01"));
        await hospital.AssertSoundAsync();
    }

    [Test]
    public async Task No_room_and_a_slot_that_keeps_much_put_off_and_count_nothing()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var incident = (await hospital.CheckAsync()).Single();
        var limits = hospital.Limits;
        hospital.Limits = limits with { SpareRoom = 1L << 60 };
        await PutOffAsync(hospital, incident.Id, "MB free and the rebuild may need");
        await Hospital.Cluster.ExecuteAsync("postgres", "SELECT pg_create_physical_replication_slot('greedy', true)");
        try
        {
            await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE TABLE more AS SELECT generate_series(1, 20000) AS n");
            hospital.Limits = limits with { SlotKeeps = 1 << 19 };
            await PutOffAsync(hospital, incident.Id, "a replication slot keeps");
        }
        finally
        {
            await Hospital.Cluster.ExecuteAsync("postgres", "SELECT pg_drop_replication_slot('greedy')");
        }
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.Resolved), "the limit stands, the slot is gone");
        Assert.That((await hospital.FindAsync(incident.Id)).Attempts, Is.EqualTo(1));
    }

    [Test]
    public async Task A_replica_that_lags_puts_off()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var incident = (await hospital.CheckAsync()).Single();
        await using (var standby = await PgStandby.StartNewAsync(Hospital.Cluster, $"lag_{hospital.Database}"))
        {
            await standby.WaitForReplayAsync();
            await standby.ExecuteAsync("postgres", "SELECT pg_wal_replay_pause()");
            await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE TABLE more AS SELECT generate_series(1, 20000) AS n");
            hospital.Limits = hospital.Limits with { ReplicaLag = 1 << 19 };
            await PutOffAsync(hospital, incident.Id, "a replica is");
            await standby.ExecuteAsync("postgres", "SELECT pg_wal_replay_resume()");
            await standby.WaitForReplayAsync();
        }
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.Resolved));
    }

    [Test]
    public async Task A_day_of_deferrals_escalates_and_is_told()
    {
        await using var hospital = await Hospital.OpenAsync(500);
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var incident = (await hospital.CheckAsync()).Single();
        hospital.Limits = hospital.Limits with { SpareRoom = 1L << 60 };
        await PutOffAsync(hospital, incident.Id, "MB free");
        hospital.Clock = new LaterClock(TimeSpan.FromHours(23));
        await PutOffAsync(hospital, incident.Id, "MB free");
        hospital.Clock = new LaterClock(TimeSpan.FromHours(25));
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated));
        Assert.That(outcome.Note, Does.Contain("put off for too long").And.Contain("MB free"));
        Assert.That((await hospital.FindAsync(incident.Id)).Attempts, Is.Zero);
        Assert.That(await Hospital.Cluster.ScalarAsync<string>(hospital.LedgerDatabase, "SELECT string_agg(event, ' ') FROM healing.alerts"), Is.EqualTo("escalated"));
    }

    [Test]
    public async Task Three_windows_missed_escalate_what_locks()
    {
        var closed = TimeProvider.System.GetUtcNow().AddHours(-3);
        await using var hospital = await Hospital.OpenAsync(500, adjust: t => t.MaintenanceWindow = $"{closed:HH}:00-{closed:HH}:30");
        await hospital.Damage.Index.ZeroLeafAsync("pg_catalog.pg_description_o_c_o_index");
        var incident = (await hospital.CheckAsync(new BtreeCheck())).Single();
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.AwaitingWindow));
        hospital.Clock = new LaterClock(TimeSpan.FromDays(2));
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.AwaitingWindow), "two went by");
        hospital.Clock = new LaterClock(TimeSpan.FromDays(3));
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.Escalated));
        Assert.That(await hospital.AttemptsAsync(incident.Id), Is.Empty);
    }

    private static async Task PutOffAsync(Hospital hospital, long incident, string why)
    {
        var outcome = await hospital.HealAsync(incident);
        Assert.That((outcome.State, outcome.Deferred), Is.EqualTo((IncidentState.AwaitingWindow, true)), outcome.Note);
        Assert.That(outcome.Note, Does.Contain(why));
        Assert.That(await hospital.AttemptsAsync(incident), Is.Empty);
    }
}
