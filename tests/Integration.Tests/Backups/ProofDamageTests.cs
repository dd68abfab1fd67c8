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
        var damage = new Damage(stage.Cluster, "movies");
        // the header calls the page new, so that pg_basebackup and pg_checksums leave it alone
        await damage.Editor.EditPageAsync("casts", 1, DamageMode.Default with { FixChecksum = false }, page => (page[14], page[15]) = (0, 0), default);
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
}
