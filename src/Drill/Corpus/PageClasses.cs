using System.Globalization;
using static HealingWorkers.Drill.BestOutcome;

namespace HealingWorkers.Drill;

/// <summary>Damage to whole pages and files of tables.</summary>
internal static class PageClasses
{
    public static IEnumerable<DamageClass> All =>
    [
        Page("heap_page_zeroed", "a page of zeros", (s, table, block) => s.Damage.Heap.ZeroPageAsync(table, block)),
        Page("heap_page_header", "a page header that makes no sense", (s, table, block) => s.Damage.Heap.GarbagePageAsync(table, block, s.Rot)),
        Page("heap_page_garbage", "a page of somebody else's bytes", (s, table, block) => s.Damage.Heap.ForeignPageAsync(table, block, s.Bytes(PageFile.PageSize))),
        Page("heap_page_torn_first_half", "a page whose first half never reached the disk", (s, table, block) => s.Damage.Heap.TearFirstHalfAsync(table, block, s.Rot)),
        Page("heap_page_torn_second_half", "a page whose second half never reached the disk", (s, table, block) => s.Damage.Heap.TearSecondHalfAsync(table, block, s.Rot)),
        Page("heap_page_misplaced", "a page written to another one's place", async (s, table, block) =>
            await s.Damage.Heap.MisplaceBlockAsync(table, (block + 1) % await s.Damage.Heap.BlockCountAsync(table), block, s.Rot)),
        // A checksum that is wrong looks like a byte that is wrong, so that nobody can call its rows sound. Read on the live server with ignore_checksum_failure,
        // the page would be sound for every session, and be written back with a new checksum over whatever it holds: a person compares, on a copy.
        Page("heap_checksum_field", "only the checksum is wrong", (s, table, block) => s.Damage.Heap.ChecksumFieldAsync(table, block)) with { ChecksumsOnly = true },
        DamageClass.Of("heap_file_truncated", "the end of a table's file is missing", Escalated, async scene =>
        {
            var table = scene.Pick(CorpusNames.Tables);
            var blocks = await scene.Damage.Heap.BlockCountAsync(table);
            var lost = 1 + scene.Next((int)Math.Min(3, blocks - 1));
            scene.Table(table, $"the last {lost} blocks");
            await scene.Damage.Heap.TruncateFileAsync(table, blocks - lost);
        }) with { Heap = true },
        new DamageClass("heap_write_lost", "a page that is older than its table", Escalated, async scene =>
        {
            const string table = "public.people";
            var block = await scene.Damage.Heap.BlockCountAsync(table) - 1;
            var before = await scene.Damage.Heap.ReadPageAsync(table, block);
            var rows = 1 + scene.Next(3);
            await scene.Cluster.ExecuteAsync(
                scene.Database, string.Create(CultureInfo.InvariantCulture, $"INSERT INTO {table} (name, email) SELECT 'Late ' || i, 'late' || i FROM generate_series(1, {rows}) AS i"));
            scene.Table(table, $"the writing of {rows} rows to block {block}");
            scene.Suspects.Block(table, block);
            return () => scene.Damage.Heap.LoseWriteAsync(table, block, before);
        }) { Heap = true },
    ];

    private static DamageClass Page(string name, string summary, Func<Scene, string, long, Task> strike) =>
        DamageClass.Of(name, summary, Escalated, async scene =>
        {
            var table = scene.Pick(CorpusNames.Tables);
            var block = await scene.BlockAsync(table);
            scene.Table(table, $"block {block}");
            scene.Suspects.Block(table, block);
            await strike(scene, table, block);
        }) with { Heap = true };
}
