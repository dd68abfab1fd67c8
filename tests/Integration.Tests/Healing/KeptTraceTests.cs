using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>What is left of rows that a table has lost is copied before a person is called: the next insert would overwrite it.</summary>
[TestFixture]
internal sealed class KeptTraceTests
{
    private const string People = "people";
    private const string Key = "people_pkey";

    [Test]
    public async Task The_block_and_the_index_that_knows_the_row_are_kept_and_named()
    {
        await using var ward = await Hospital.OpenAsync(rows: 2000, realChecks: true);
        var (id, name) = (await ScalarAsync<long>(ward, "SELECT id FROM people WHERE ctid = '(1,7)'"), await ScalarAsync<string>(ward, "SELECT name FROM people WHERE ctid = '(1,7)'"));
        await ward.Damage.Row.LinePointerUnusedAsync(People, new(1, 7));
        var incident = await FoundAsync(ward);

        var outcome = await ward.HealAsync(incident.Id);

        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
        var kept = (await SnapshotsAsync(ward, incident)).Single();
        var (heap, index) = (await PlaceAsync(ward, People), await PlaceAsync(ward, Key));
        Assert.That(kept.Kind, Is.EqualTo("relation_files"));
        var image = await File.ReadAllBytesAsync(Path.Combine(kept.Place, $"{heap.Oid}_1.page"));
        Assert.That(image, Is.EqualTo((await ward.Damage.Editor.FileAsync(People)).Read(1)), "the block as it was, and as it still is");
        Assert.That(System.Text.Encoding.UTF8.GetString(image), Does.Contain(name), "the bytes of the row");
        Assert.That(await File.ReadAllBytesAsync(Path.Combine(kept.Place, index.Path.Replace('/', '_'))), Is.EqualTo(await File.ReadAllBytesAsync(Path.Combine(Hospital.Cluster.DataDirectory, index.Path))));
        Assert.That(Files(kept), Has.None.StartsWith(heap.Path.Replace('/', '_')), "no more of the table than its block");
        Assert.That(outcome.Note, Does.Contain("the image of block 1 of public.people").And.Contain("the files of public.people_pkey").And.Contain(kept.Place)
            .And.Contain($"(1,7): id={id}").And.Contain("do not VACUUM or REINDEX"));
        Assert.That((await ward.FindAsync(incident.Id)).Reason, Is.EqualTo(outcome.Note));
        Assert.That((await ward.Factory().Receipts().VerifyAsync(incident.Id, ward.Target, CancellationToken.None)).Changed, Is.Empty);
    }

    [Test]
    public async Task A_second_attempt_copies_only_what_no_attempt_has()
    {
        await using var ward = await Hospital.OpenAsync(rows: 2000, realChecks: true);
        await ward.Damage.Row.LinePointerUnusedAsync(People, new(1, 7));
        var incident = await FoundAsync(ward);
        await EscalatesAsync(ward, incident);
        var first = (await SnapshotsAsync(ward, incident)).Single();
        var oid = (await PlaceAsync(ward, People)).Oid;

        await ReopenAsync(ward, incident);
        Assert.That(await EscalatesAsync(ward, incident), Does.Contain($"by attempt 1, in {first.Place}"));
        Assert.That(await SnapshotsAsync(ward, incident), Has.Count.EqualTo(1));

        await ward.Damage.Row.LinePointerUnusedAsync(People, new(3, 5));
        await ReopenAsync(ward, incident);
        Assert.That((await FoundAsync(ward)).Id, Is.EqualTo(incident.Id));
        Assert.That(await EscalatesAsync(ward, incident), Does.Contain("the image of block 3 of public.people").And.Contain("the rest copied").And.Contain(first.Place));
        var all = await SnapshotsAsync(ward, incident);
        Assert.That(all, Has.Count.EqualTo(2));
        Assert.That(Files(all[1]), Is.EquivalentTo(new[] { $"{oid}_3.page", "evidence.json" }));
        Assert.That(Files(first), Does.Contain($"{oid}_1.page"));
    }

    [Test]
    public async Task An_index_for_which_there_is_no_room_is_named_and_the_block_is_kept()
    {
        await using var ward = await Hospital.OpenAsync(rows: 2000, realChecks: true);
        await ward.Damage.Row.LinePointerUnusedAsync(People, new(1, 7));
        var incident = await FoundAsync(ward);
        ward.FreeSpace = _ => (256L << 20) + 8192;

        var note = await EscalatesAsync(ward, incident);

        var oid = (await PlaceAsync(ward, People)).Oid;
        Assert.That(Files((await SnapshotsAsync(ward, incident)).Single()), Is.EquivalentTo(new[] { $"{oid}_1.page", "evidence.json" }));
        Assert.That(note, Does.Contain("the image of block 1 of public.people").And.Contain("no room").And.Contain("for the files of public.people_pkey"));
    }

    [Test]
    public async Task A_table_whose_end_is_cut_off_keeps_the_index_that_knows_the_rest()
    {
        await using var ward = await Hospital.OpenAsync(rows: 2000, realChecks: true);
        await ward.Damage.Heap.TruncateFileAsync(People, await ward.Damage.Heap.BlockCountAsync(People) - 2);
        var incident = await FoundAsync(ward);

        var note = await EscalatesAsync(ward, incident);

        var index = await PlaceAsync(ward, Key);
        Assert.That(Files((await SnapshotsAsync(ward, incident)).Single()), Is.EquivalentTo(new[] { index.Path.Replace('/', '_'), "evidence.json" }));
        Assert.That(note, Does.Contain("the files of public.people_pkey").And.Not.Contain("the image of block"));
    }

    [Test]
    public async Task A_table_that_is_gone_is_not_taken_for_healed()
    {
        await using var ward = await Hospital.OpenAsync(rows: 2000, realChecks: true);
        await ward.Damage.Row.LinePointerUnusedAsync(People, new(1, 7));
        var incident = await FoundAsync(ward);
        await Hospital.Cluster.ExecuteAsync(ward.Database, "DROP TABLE people CASCADE");

        Assert.That(await EscalatesAsync(ward, incident), Does.Contain("is no longer there").And.Contain("for a person to say"));
    }

    private static async Task<Incident> FoundAsync(Hospital ward)
    {
        var found = (await ward.CheckAsync(new IndexProbeCheck())).Single(i => i.Kind == FindingKind.HeapRowsLost);
        Assert.That((found.Object.Quoted, found.Repair), Is.EqualTo(("public.people", "keep_last_trace")));
        return found;
    }

    private static async Task<string> EscalatesAsync(Hospital ward, Incident incident)
    {
        var outcome = await ward.HealAsync(incident.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Escalated), outcome.Note);
        return outcome.Note;
    }

    private static Task ReopenAsync(Hospital ward, Incident incident) =>
        new IncidentDecisions(new IncidentLedger(ward.Db), 3).ReopenAsync(incident.Id, "somebody", "there is more of it", CancellationToken.None);

    private static Task<IReadOnlyList<SnapshotRow>> SnapshotsAsync(Hospital ward, Incident incident) => new SnapshotLedger(ward.Db).OfIncidentAsync(incident.Id, CancellationToken.None);

    private static IReadOnlyList<string> Files(SnapshotRow snapshot) => [.. SnapshotManifest.Read(snapshot.Manifest)!.Files.Select(f => f.Name)];

    private static async Task<(long Oid, string Path)> PlaceAsync(Hospital ward, string relation) =>
        (await ScalarAsync<long>(ward, $"SELECT '{relation}'::regclass::oid::bigint"), await ScalarAsync<string>(ward, $"CHECKPOINT; SELECT pg_relation_filepath('{relation}')"));

    private static async Task<T> ScalarAsync<T>(Hospital ward, string sql) => (await Hospital.Cluster.ScalarAsync<T>(ward.Database, sql))!;
}
