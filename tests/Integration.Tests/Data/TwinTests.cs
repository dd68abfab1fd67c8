using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Data;

/// <summary>The twin of a constraint, by which a repair is proven: it harms nobody while it is there, and does not stay.</summary>
[TestFixture]
public sealed class TwinTests
{
    private const string Shop = """
        CREATE TABLE movies (id int PRIMARY KEY, name text);
        INSERT INTO movies SELECT generate_series(1, 100);
        CREATE TABLE reviews (id int PRIMARY KEY, movie_id int CONSTRAINT their_own REFERENCES movies ON DELETE CASCADE ON UPDATE CASCADE);
        INSERT INTO reviews SELECT i, 1 + i % 100 FROM generate_series(1, 1000) i;
        """;
    private const string Left = "pg_constraint WHERE conname LIKE 'healing%'";
    private const string Twin = "ALTER TABLE reviews ADD CONSTRAINT healing_twin_77 FOREIGN KEY (movie_id) REFERENCES movies NOT VALID";

    private static void Declared(RulesOptions rules) => rules.ForeignKeys.Add(DataServer.Points("reviews.movie_id", "movies.id"));

    [Test]
    public async Task One_that_cannot_be_dropped_is_waited_for_and_takes_no_row_along()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        Incident waiting;
        await using (var dump = new NpgsqlConnection(Clinic.Cluster.ConnectionString(clinic.Database)))
        {
            await dump.OpenAsync();
            await using var reading = await dump.BeginTransactionAsync();
            await using var read = new NpgsqlCommand("LOCK TABLE reviews IN ACCESS SHARE MODE", dump);
            await read.ExecuteNonQueryAsync();
            waiting = await clinic.HealOnlyAsync();
            Assert.That((waiting.State, waiting.Attempts, waiting.Deferrals), Is.EqualTo((IncidentState.Detected, 0, 1)), waiting.Reason);
            Assert.That(waiting.Reason, Does.Contain($"ALTER TABLE public.reviews DROP CONSTRAINT IF EXISTS healing_twin_{waiting.Id};"));
            Assert.That(await clinic.CountAsync($"{Left} AND convalidated AND confdeltype = 'a' AND confupdtype = 'a' AND condeferred"), Is.EqualTo(1), "it does not do what the owner's key does");
            await clinic.RunAsync("DELETE FROM movies WHERE id = 5; UPDATE movies SET id = 1006 WHERE id = 6");
            Assert.That((await clinic.CountAsync("reviews"), await clinic.CountAsync("reviews WHERE movie_id = 1006")), Is.EqualTo((980L, 10L)), "the owner's key works as ever beside it");
        }
        await clinic.RunAsync("ALTER TABLE reviews DROP CONSTRAINT their_own");
        Assert.That(async () => await clinic.RunAsync("DELETE FROM movies WHERE id = 7"), Throws.InstanceOf<PostgresException>());
        Assert.That(await clinic.CountAsync("reviews"), Is.EqualTo(980));
        await clinic.RunAsync("ALTER TABLE reviews ADD CONSTRAINT their_own FOREIGN KEY (movie_id) REFERENCES movies ON DELETE CASCADE ON UPDATE CASCADE");
        var healed = await clinic.HealAsync(waiting);
        Assert.That((healed.State, healed.Attempts, await clinic.CountAsync(Left)), Is.EqualTo((IncidentState.Resolved, 1, 0L)), healed.Reason);
    }

    [Test]
    public async Task None_is_left_when_a_person_takes_over()
    {
        await using var clinic = await Clinic.OpenAsync(Shop + """
            CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER keeper BEFORE DELETE ON reviews FOR EACH ROW EXECUTE FUNCTION keep();
            """, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        await clinic.RunAsync(Twin);
        var refused = await clinic.HealOnlyAsync();
        Assert.That((refused.State, await clinic.CountAsync(Left)), Is.EqualTo((IncidentState.Escalated, 0L)), refused.Reason);
    }

    [Test]
    public async Task None_is_left_by_a_last_attempt_that_was_killed_in_its_proof()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var incident = (await clinic.CheckAsync()).Single();
        var ledgers = clinic.Factory().Ledgers();
        var lease = (await ledgers.Leases.TakeAsync(Lease.OfTarget(incident.TargetId), "killed", incident.Id, TimeSpan.FromMinutes(5), CancellationToken.None))!;
        await ledgers.Incidents.BeginAttemptAsync(incident, lease.Fence, "killed", CancellationToken.None);
        await ledgers.Incidents.MoveAsync(incident.Id, IncidentState.Snapshotting, IncidentState.Repairing, new Move("killed", "") { Fence = lease.Fence }, CancellationToken.None);
        await ledgers.Incidents.MoveAsync(incident.Id, IncidentState.Repairing, IncidentState.Verifying, new Move("killed", "") { Fence = lease.Fence }, CancellationToken.None);
        await clinic.Db.DoAsync("UPDATE healing.incidents SET attempts_allowed = attempts", null, CancellationToken.None);
        await ledgers.Leases.ReleaseAsync(lease, CancellationToken.None);
        await clinic.RunAsync(Twin);
        var escalated = await clinic.HealAsync(incident);
        Assert.That((escalated.State, await clinic.CountAsync(Left)), Is.EqualTo((IncidentState.Escalated, 0L)), escalated.Reason);
        Assert.That(escalated.Reason, Does.Contain("died or was cut off"));
    }

    [Test]
    public async Task One_that_nobody_comes_back_to_is_dropped_but_not_in_the_middle_of_a_repair()
    {
        await using var clinic = await Clinic.OpenAsync(Shop, Declared);
        await clinic.BehindTheKeysAsync("DELETE FROM movies WHERE id = 3");
        var healed = await clinic.HealOnlyAsync();
        Assert.That(healed.State, Is.EqualTo(IncidentState.Resolved), healed.Reason);
        await clinic.RunAsync(Twin);
        var sweep = clinic.Factory().TwinRetention();
        await using (var healer = new NpgsqlConnection(Clinic.Cluster.ConnectionString(clinic.Database)))
        {
            await healer.OpenAsync();
            await using var locked = new NpgsqlCommand("SELECT pg_advisory_lock(1212498252, 1)", healer);
            await locked.ExecuteNonQueryAsync();
            await sweep.RunAsync(CancellationToken.None);
            Assert.That(await clinic.CountAsync(Left), Is.EqualTo(1), "it may be in use");
            await using var unlocked = new NpgsqlCommand("SELECT pg_advisory_unlock_all()", healer);
            await unlocked.ExecuteNonQueryAsync();
        }
        var pauses = new Pauses(clinic.Db);
        await pauses.PauseAsync(healed.TargetId, "somebody", "a test", CancellationToken.None);
        await sweep.RunAsync(CancellationToken.None);
        Assert.That(await clinic.CountAsync(Left), Is.EqualTo(1), "repairs are paused");
        await pauses.ResumeAsync(healed.TargetId, "somebody", "a test", CancellationToken.None);
        await sweep.RunAsync(CancellationToken.None);
        Assert.That(await clinic.CountAsync(Left), Is.Zero);
    }
}
