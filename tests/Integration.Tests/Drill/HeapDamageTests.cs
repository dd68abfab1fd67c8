using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Drill;

[TestFixture, NonParallelizable]
public sealed class HeapDamageTests
{
    // The last column of the first row, at the very end of its page.
    private const int LastDate = PageFile.PageSize - 4;

    private static PgCluster Cluster => KitCluster.Cluster;

    [Test]
    public async Task The_kits_checksum_is_the_servers()
    {
        var database = await KitCluster.MoviesAsync(1_000);
        await Cluster.ExecuteAsync(database, "CHECKPOINT");
        foreach (var relation in new[] { "movies", "movies_title_idx", "casts", "pg_class" })
        {
            var file = await new RelationEditor(Cluster, database).FileAsync(relation);
            for (var block = 0; block < file.BlockCount; block++)
            {
                var page = file.Read(block);
                Assert.That(PageChecksum.Of(page, block), Is.EqualTo(PageChecksum.Stored(page)), $"{relation} {block}");
            }
        }
    }

    [Test]
    public async Task A_zeroed_page_loses_rows_without_a_word_from_the_heap_check()
    {
        var database = await KitCluster.MoviesAsync(1_000);
        var before = await TableHash.OfAsync(Cluster, database, "casts");
        await new Damage(Cluster, database).Heap.ZeroPageAsync("casts", 1);
        Assert.That(await Cluster.ScalarAsync<long>(database, "SELECT count(*) FROM verify_heapam('casts')"), Is.Zero);
        var after = await TableHash.OfAsync(Cluster, database, "casts");
        Assert.That(after.Rows, Is.LessThan(before.Rows));
    }

    [Test]
    public async Task A_flip_is_an_invalid_page_or_with_a_new_checksum_another_value()
    {
        var database = await KitCluster.MoviesAsync(1_000);
        var before = await TableHash.OfAsync(Cluster, database, "people");
        var heap = new Damage(Cluster, database).Heap;
        await heap.FlipByteAsync("people", 0, LastDate);
        var after = await TableHash.OfAsync(Cluster, database, "people");
        Assert.That(after.Rows, Is.EqualTo(before.Rows));
        Assert.That(after, Is.Not.EqualTo(before));

        await heap.FlipByteAsync("people", 0, LastDate, mode: new DamageMode(FixChecksum: false));
        Assert.That(await Amcheck.TryAsync(database, "SELECT * FROM people"), Is.EqualTo(Amcheck.DataCorrupted));
    }

    [Test]
    public async Task A_header_byte_of_a_row_is_found_by_the_heap_check()
    {
        const int attributeCount = 18;
        var database = await KitCluster.MoviesAsync(1_000);
        await new Damage(Cluster, database).Heap.FlipInTupleAsync("people", 0, item: 5, attributeCount, 0x20);
        Assert.That(
            await Cluster.ScalarAsync<string>(database, "SELECT format('(%s,%s)', blkno, offnum) FROM verify_heapam('people')"),
            Is.EqualTo("(0,5)"));
    }
}
