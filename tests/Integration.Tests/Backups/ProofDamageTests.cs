using HealingWorkers.Drill;
using HealingWorkers.Jobs.Backups;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>What came along with the backup: it was on the server already when the backup was taken.</summary>
[TestFixture]
internal sealed class ProofDamageTests
{
    [Test]
    public async Task A_page_of_garbage_that_pg_checksums_passes_is_found_and_the_live_block_is_told()
    {
        await using var stage = await ProofStage.OpenAsync();
        await LikeNewAsync(stage.Cluster, "movies", "casts", 1);
        var backup = await stage.BackUpAsync();

        var report = await stage.ProveAsync(backup);

        Assert.That(report.ChecksumsSaid, Does.Contain("Bad checksums:  0"), "the tool itself is content");
        Assert.That(report.Checksums, Is.EqualTo("failed"));
        Assert.That(report.Pages!.Bad.Select(p => (p.Database, p.Relation, p.Block, p.Verdict)), Is.EqualTo(new[] { ("movies", "public.casts", 1L, "bad_checksum") }));
        Assert.That(report.Problems, Has.Some.StartsWith("damaged page: movies: public.casts block 1 (bad checksum"));
        var open = await stage.OpenIncidentsAsync();
        Assert.That(open.Select(i => i.Kind.Name), Is.EquivalentTo(new[] { "backup_not_proven", "heap_page_invalid" }));
        var live = open.Single(i => i.Kind.Name == "heap_page_invalid");
        Assert.That((live.Object.Quoted, live.Severity), Is.EqualTo(("public.casts(1)", Jobs.Findings.Severity.Critical)));
        Assert.That(live.Detail, Does.Contain("the live page is damaged as well"));
        Assert.That(await stage.LedgerAsync<long>("SELECT count(*) FROM healing.alerts WHERE event = 'checksums_verified'"), Is.Zero);
    }

    [Test]
    public async Task Sound_backups_from_before_end_no_incident_and_later_ones_do()
    {
        await using var stage = await ProofStage.OpenAsync();
        var before = await stage.BackUpAsync();
        var upper = await LikeNewAsync(stage.Cluster, "movies", "casts", 1);
        var bad = await stage.BackUpAsync();
        await stage.ProveAsync(bad, []);
        string[] told = ["backup_not_proven", "heap_page_invalid"];
        Assert.That(await KindsAsync(stage), Is.EquivalentTo(told));

        for (var looks = 0; looks < 3; looks++)
        {
            Assert.That((await stage.ProveAsync(before, [])).Checksums, Is.EqualTo("verified"));
        }
        Assert.That(await KindsAsync(stage), Is.EquivalentTo(told), "the live page is damaged still, and so is the newer backup");

        await LikeNewAsync(stage.Cluster, "movies", "casts", 1, upper: upper);
        var after = await stage.BackUpAsync();
        await stage.ProveAsync(after, []);
        Assert.That(await KindsAsync(stage), Is.EquivalentTo(told), "one look may err");
        await stage.ProveAsync(after, []);
        Assert.That(await KindsAsync(stage), Is.Empty);
    }

    [Test]
    public async Task A_page_of_a_shared_catalogue_is_told_once_whichever_databases_come_after()
    {
        await using var stage = await ProofStage.OpenAsync();
        foreach (var database in new[] { "aquarium", "zoo" })
        {
            await stage.Cluster.CreateDatabaseAsync(database);
        }
        await stage.KnowAsync("aquarium");
        await LikeNewAsync(stage.Cluster, "movies", "pg_catalog.pg_shdescription", 0);
        var backup = await stage.BackUpAsync();

        var report = await stage.ProveAsync(backup, []);

        Assert.That(report.Pages!.Bad.Select(p => (p.Relation, p.Block)), Is.EqualTo(new[] { ("pg_catalog.pg_shdescription", 0L) }));
        var live = (await stage.OpenIncidentsAsync()).Where(i => i.Kind.Name == "heap_page_invalid").ToList();
        Assert.That(live.Select(i => i.Object.Quoted), Is.EqualTo(new[] { "pg_catalog.pg_shdescription(0)" }));
        Assert.That(live[0].Detail, Does.Contain("the live page is damaged as well"));
    }

    [Test]
    public async Task Pages_are_read_and_told_also_where_the_catalogue_of_one_database_cannot_be()
    {
        await using var stage = await ProofStage.OpenAsync();
        await stage.Cluster.CreateDatabaseAsync("aquarium");
        await stage.Cluster.ExecuteAsync("aquarium", "DO $$ BEGIN FOR n IN 1..300 LOOP EXECUTE format('CREATE TABLE fish_%s (id int)', n); END LOOP; END $$");
        var last = await stage.Cluster.ScalarAsync<long>("aquarium", "SELECT pg_relation_size('pg_class') / 8192 - 1");
        await LikeNewAsync(stage.Cluster, "aquarium", "pg_catalog.pg_class", last, live: false);
        await LikeNewAsync(stage.Cluster, "movies", "casts", 1);
        var backup = await stage.BackUpAsync();
        Assert.That(CountedRows.Of(backup.Counted)!.Tables.Select(t => t.Database).Distinct(), Does.Contain("movies").And.Not.Contain("aquarium"), "the others are counted all the same");

        var report = await stage.ProveAsync(backup, []);

        Assert.That(report.Problems, Has.Some.StartsWith("aquarium: its catalogue cannot be read: XX001: invalid page"));
        Assert.That(report.Pages!.Bad.Select(p => (p.Database, p.Relation, p.Block)), Is.EquivalentTo(new (string?, string?, long)[] { (null, null, last), ("movies", "public.casts", 1) }));
        Assert.That((await stage.OpenIncidentsAsync()).Select(i => i.Object.Quoted), Has.Some.EqualTo("public.casts(1)"));
    }

    [Test]
    public async Task An_orphan_that_came_along_is_named_and_checksums_that_are_off_are_said_to_be()
    {
        await using var stage = await ProofStage.OpenAsync(checksums: false);
        var orphans = await new Damage(stage.Cluster, "movies").Orphans.DeleteParentsAsync("public.movies", "id = 7");
        Assert.That(orphans, Is.EqualTo(1));
        var backup = await stage.BackUpAsync();

        var report = await stage.ProveAsync(backup);

        Assert.That(report.Problems, Is.Not.Empty);
        Assert.That(report.Problems, Is.All.StartsWith("movies: orphan_rows on "));
        Assert.That((report.Checksums, report.Pages!.Bad.Count, report.Tables.Differs.Count), Is.EqualTo(("off", 0, 0)));
        Assert.That(report.ChecksumsSaid, Does.Contain("pg_checksums --enable"));
    }

    private static async Task<IEnumerable<string>> KindsAsync(ProofStage stage) => (await stage.OpenIncidentsAsync()).Select(i => i.Kind.Name);

    /// <summary>The header calls the page new, so that pg_basebackup and pg_checksums leave it alone.</summary>
    private static async Task<(byte, byte)> LikeNewAsync(PgCluster cluster, string database, string relation, long block, bool live = true, (byte, byte) upper = default)
    {
        (byte, byte) was = default;
        await new Damage(cluster, database).Editor.EditPageAsync(relation, block, new DamageMode(Live: live, FixChecksum: false), page =>
        {
            was = (page[14], page[15]);
            (page[14], page[15]) = upper;
        }, default);
        return was;
    }
}
