using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

[TestFixture]
internal sealed class FenceTests
{
    [Test]
    public async Task A_successor_ends_the_backend_that_still_rebuilds_and_repairs_once()
    {
        await using var hospital = await Hospital.OpenAsync();
        hospital.Limits = new() { LockTimeout = TimeSpan.FromMinutes(1) };
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var incident = (await hospital.CheckAsync()).Single();
        await using var writer = await Hospital.Cluster.OpenAsync(hospital.Database);
        await ExecuteAsync(writer, "BEGIN; LOCK TABLE movies IN ROW EXCLUSIVE MODE");
        var first = hospital.HealAsync(incident.Id, "first");
        await Poll.UntilAsync(async ct => await Hospital.Cluster.ScalarAsync<long>(hospital.Database, "SELECT count(*) FROM pg_index WHERE NOT indisvalid", ct: ct) > 0, TimeSpan.FromSeconds(20), "the first is in mid rebuild");
        var pid = await Hospital.Cluster.ScalarAsync<int>(hospital.LedgerDatabase, "UPDATE healing.leases SET expires_at = clock_timestamp() - interval '1 s' RETURNING backend_pid");

        var second = hospital.HealAsync(incident.Id, "second");
        await Poll.UntilAsync(async ct => await Hospital.Cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_activity WHERE pid = @pid", new { pid }, ct) == 0, TimeSpan.FromSeconds(20), "the first one's backend is gone");
        await ExecuteAsync(writer, "COMMIT");

        Assert.That((await second).State, Is.EqualTo(IncidentState.Resolved));
        Assert.That(async () => await first, Throws.InstanceOf<FencedException>().Or.InstanceOf<NpgsqlException>());
        Assert.That((await hospital.AttemptsAsync(incident.Id)).Select(a => a.Outcome), Is.EqualTo(new[] { "crashed", "succeeded" }));
        await writer.CloseAsync();
        await hospital.AssertSoundAsync();
    }

    [Test]
    public async Task A_predecessor_that_finished_and_died_before_telling_leaves_nothing_to_do_but_to_verify()
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var incident = (await hospital.CheckAsync()).Single();
        var ledger = new IncidentLedger(hospital.Db);
        var lease = (await new LeaseLedger(hospital.Db).TakeAsync(Lease.OfTarget(incident.TargetId), "dead", incident.Id, TimeSpan.FromMilliseconds(1), CancellationToken.None))!;
        await ledger.BeginAttemptAsync(incident, lease.Fence, "dead", CancellationToken.None);
        await ledger.MoveAsync(incident.Id, IncidentState.Snapshotting, IncidentState.Repairing, new Move("dead", "") { Fence = lease.Fence }, CancellationToken.None);
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "REINDEX INDEX CONCURRENTLY movies_title_idx");
        var oid = await Hospital.Cluster.ScalarAsync<uint>(hospital.Database, "SELECT 'movies_title_idx'::regclass::oid");

        var outcome = await hospital.HealAsync(incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await Hospital.Cluster.ScalarAsync<uint>(hospital.Database, "SELECT 'movies_title_idx'::regclass::oid"), Is.EqualTo(oid));
        Assert.That((await hospital.AttemptsAsync(incident.Id)).Select(a => (a.Outcome, a.Statements)), Is.EqualTo(new[] { ("crashed", (string?)null), ("succeeded", "[]") }));
    }

    [Test]
    public async Task A_full_disk_for_snapshots_escalates_and_touches_nothing()
    {
        await using var hospital = await Hospital.OpenAsync();
        hospital.FreeSpace = _ => 1024;
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var (incident, outcome) = await hospital.HealOnlyAsync();
        Assert.That(incident.State, Is.EqualTo(IncidentState.Escalated));
        Assert.That(outcome.Note, Does.Contain("no room for the snapshot"));
        Assert.That((await hospital.AttemptsAsync(incident.Id)).Single().Statements, Is.Null);
        Assert.That((await hospital.CheckAsync()).Single().State, Is.EqualTo(IncidentState.Escalated));
    }

    [Test]
    public async Task A_pause_stops_the_next_repair()
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var incident = (await hospital.CheckAsync()).Single();
        await new Jobs.Ledger.Pauses(hospital.Db).PauseAsync(null, "test", "why not", CancellationToken.None);
        Assert.That((await hospital.HealAsync(incident.Id)).Note, Does.Contain("paused"));
        Assert.That(await hospital.AttemptsAsync(incident.Id), Is.Empty);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
