using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

[TestFixture]
internal sealed class RebuildTests
{
    private const string Index = "movies_title_idx";

    private static readonly Dictionary<string, Func<Damage, Task>> Ways = new(StringComparer.Ordinal)
    {
        ["zeroed leaf"] = d => d.Index.ZeroLeafAsync(Index),
        ["swapped leaves"] = d => d.Index.SwapLeavesAsync(Index),
        ["entries missing"] = d => d.Index.RemoveLeafEntriesAsync(Index),
        ["file missing"] = d => d.Index.MissingFileAsync(Index),
        ["invalid page"] = d => d.Index.GarbagePageAsync(Index, mode: new DamageMode(FixChecksum: false)),
        ["toast index"] = d => d.ZeroToastIndexLeafAsync("movies"),
        ["hostile name"] = d => d.Index.ZeroLeafAsync(MoviesSchema.HostileIndex),
    };

    [TestCaseSource(nameof(Names))]
    public async Task An_index_is_rebuilt_and_nothing_is_lost(string damage)
    {
        await using var hospital = await Hospital.OpenAsync();
        var before = await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database);
        await Ways[damage](hospital.Damage);

        var (incident, outcome) = await hospital.HealOnlyAsync();

        Assert.That(incident.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("read back from disk directly with their checksums"));
        Assert.That((await hospital.AttemptsAsync(incident.Id)).Select(a => a.Outcome), Is.EqualTo(new[] { "succeeded" }));
        Assert.That(await TableHash.OfDatabaseAsync(Hospital.Cluster, hospital.Database), Is.EqualTo(before));
        await hospital.AssertSoundAsync();
    }

    [Test]
    public async Task Duplicates_in_the_heap_put_a_rebuild_off_and_leave_nothing_behind()
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.Damage.Unique.DuplicateRowsAsync("movies_tmdb_id_key", overrides: new Dictionary<string, string>(StringComparer.Ordinal) { ["id"] = "id + 1000000" });
        var incident = (await hospital.CheckAsync()).Single();

        var outcome = await hospital.HealAsync(incident.Id);

        Assert.That(outcome.Deferred, Is.True, outcome.Note);
        Assert.That(outcome.Note, Does.Contain("duplicates"));
        Assert.That((await hospital.FindAsync(incident.Id)).Attempts, Is.Zero);
        await NoLeftovers.AssertAsync(Hospital.Cluster, hospital.Database, ["healing check"]);
    }

    [Test]
    public async Task Somebody_elses_rebuild_is_left_alone_and_the_incident_put_off()
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var incident = (await hospital.CheckAsync()).Single();
        await using (var other = await HeldRebuild.StartAsync(Hospital.Cluster, hospital.Database, "movies_pkey"))
        {
            var outcome = await hospital.HealAsync(incident.Id);
            Assert.That(outcome.Deferred, Is.True);
            Assert.That(outcome.Note, Does.Contain($"being built by backend {other.BackendPid}"));
            Assert.That(await hospital.AttemptsAsync(incident.Id), Is.Empty);
        }
        var healed = await hospital.HealAsync(incident.Id);
        Assert.That(healed.State, Is.EqualTo(IncidentState.Resolved), healed.Note);
        await hospital.AssertSoundAsync();
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_busy_table_is_deferred_without_a_counted_attempt(bool forLong)
    {
        await using var hospital = await Hospital.OpenAsync();
        hospital.Limits = hospital.Limits with { OldTransaction = forLong ? TimeSpan.Zero : TimeSpan.FromMinutes(1) };
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var incident = (await hospital.CheckAsync()).Single();
        await using (var writer = await Hospital.Cluster.OpenAsync(hospital.Database))
        {
            await using var command = writer.CreateCommand();
            command.CommandText = "BEGIN; LOCK TABLE movies IN ROW EXCLUSIVE MODE";
            await command.ExecuteNonQueryAsync();
            var outcome = await hospital.HealAsync(incident.Id);
            Assert.That(outcome.State, Is.EqualTo(IncidentState.AwaitingWindow), outcome.Note);
            Assert.That(outcome.Note, Does.Contain(forLong ? "has a transaction open" : "is busy"));
            Assert.That((await hospital.HealAsync(incident.Id)).Deferred, Is.True);
            Assert.That((await hospital.FindAsync(incident.Id)).Attempts, Is.Zero);
            var left = await NoLeftovers.FindAsync(Hospital.Cluster, hospital.Database, ["healing check", "testkit"]);
            Assert.That(left.Count(l => l.StartsWith("invalid", StringComparison.Ordinal)), forLong ? Is.Zero : Is.EqualTo(1), string.Join('\n', left));
        }
        hospital.Limits = hospital.Limits with { OldTransaction = TimeSpan.FromMinutes(1) };
        Assert.That((await hospital.HealAsync(incident.Id)).State, Is.EqualTo(IncidentState.Resolved));
        await hospital.AssertSoundAsync();
    }

    [Test]
    public async Task A_table_under_write_load_is_healed_and_nothing_acknowledged_is_lost()
    {
        await using var hospital = await Hospital.OpenAsync();
        hospital.Limits = new();
        await hospital.Damage.Index.RemoveLeafEntriesAsync("movies_tmdb_id_key");
        await using var load = WriteLoad.Start(Hospital.Cluster.ConnectionString(hospital.Database));
        await load.WaitForAsync(50, TimeSpan.FromSeconds(20));
        var incident = (await hospital.CheckAsync()).Single();
        var outcome = await hospital.HealAsync(incident.Id);
        await load.WaitForAsync(50, TimeSpan.FromSeconds(20));
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await load.FindLossesAsync(), Is.Empty);
        await hospital.AssertSoundAsync();
    }

    [Test]
    public async Task An_index_that_is_sound_by_now_is_not_touched()
    {
        await using var hospital = await Hospital.OpenAsync();
        await hospital.Damage.Index.ZeroLeafAsync(Index);
        var incident = (await hospital.CheckAsync()).Single();
        await Hospital.Cluster.ExecuteAsync(hospital.Database, $"REINDEX INDEX CONCURRENTLY {Index}");
        var oid = await Hospital.Cluster.ScalarAsync<uint>(hospital.Database, $"SELECT '{Index}'::regclass::oid");
        var outcome = await hospital.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(outcome.Note, Does.Contain("rebuilt already"));
        Assert.That(await Hospital.Cluster.ScalarAsync<uint>(hospital.Database, $"SELECT '{Index}'::regclass::oid"), Is.EqualTo(oid));
    }

    private static IEnumerable<string> Names() => Ways.Keys;
}
