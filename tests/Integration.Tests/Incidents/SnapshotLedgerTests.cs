using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Incidents;

public sealed class SnapshotLedgerTests
{
    private Damaged _at = null!;

    [SetUp]
    public async Task SetUp() => _at = await Damaged.CreateAsync();

    [TearDown]
    public async Task TearDown() => await _at.DisposeAsync();

    [Test]
    public async Task Evidence_is_kept_while_its_incident_is_open_and_then_until_its_time()
    {
        var snapshots = new SnapshotLedger(_at.Ledger.Db);
        var lease = await _at.LeaseAsync();
        var incident = await _at.OpenAsync();
        var taken = new NewSnapshot(incident.Id, 1, "relation_files", "/tmp/x", "host-a", 8192, "abc", "{\"files\": []}", TimeSpan.Zero);
        var id = await snapshots.RecordAsync(taken, lease.Fence, default);
        var row = (await snapshots.FindAsync(id, default))!;
        Assert.That((row.IncidentId, row.Attempt, row.Kind, row.Place, row.Host, row.Bytes, row.Sha256, row.Manifest),
            Is.EqualTo((incident.Id, 1, "relation_files", "/tmp/x", "host-a", 8192L, "abc", "{\"files\": []}")));
        Assert.That(await snapshots.ExpiredAsync(0, 10, default), Is.Empty, "open");
        await _at.MoveAsync(incident, IncidentState.Resolved);
        Assert.That(await snapshots.ExpiredAsync(id, 10, default), Is.Empty, "those after it");
        Assert.That((await snapshots.ExpiredAsync(0, 10, default)).Single().Id, Is.EqualTo(id));
        Assert.That(await snapshots.RemovedAsync(id, default), Is.True);
        Assert.That(await snapshots.RemovedAsync(id, default), Is.False);
        Assert.That(await snapshots.ExpiredAsync(0, 10, default), Is.Empty);
        Assert.That((await snapshots.OfIncidentAsync(incident.Id, default)).Single().RemovedAt, Is.Not.Null);
        await _at.Leases.ReleaseAsync(lease, default);
        Assert.That(async () => await snapshots.RecordAsync(taken, lease.Fence, default), Throws.TypeOf<FencedException>());
    }

    [Test]
    public async Task Checks_remember_by_target_topic_and_key()
    {
        var memory = new CheckMemory(_at.Ledger.Db);
        var id = Damaged.Facts.Id;
        Assert.That(await memory.RecallAsync(id, "collation", "de", default), Is.Null);
        await memory.RememberAsync(id, "collation", "de", "{\"hash\": 1}", default);
        await memory.RememberAsync(id, "collation", "de", "{\"hash\": 2}", default);
        Assert.That(await memory.RecallAsync(id, "collation", "de", default), Is.EqualTo("{\"hash\": 2}"));
        Assert.That(await memory.RecallAsync(id, "collation", "fr", default), Is.Null);
        Assert.That(async () => await memory.RememberAsync(new TargetId("1", 1), "collation", "de", "{}", default), Throws.InvalidOperationException);
    }
}
