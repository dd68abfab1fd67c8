using static HealingWorkers.Drill.BestOutcome;

namespace HealingWorkers.Drill;

/// <summary>Damage to single rows and line pointers of tables.</summary>
internal static class RowClasses
{
    private const int Garbage = 4;

    public static IEnumerable<DamageClass> All =>
    [
        Row("heap_xmin_future", "a row inserted by a transaction that is yet to come", Lossless, (s, table, row) => s.Damage.Row.FutureXminAsync(table, row, 1_000_000, s.Rot)),
        Row("heap_xmin_ancient", "a row inserted before relfrozenxid", Lossless, (s, table, row) => s.Damage.Row.AncientXminAsync(table, row, (uint)(1 + s.Next(20)), s.Rot)),
        Row("heap_xmin_called_invalid", "a hint bit that says the inserter was rolled back", Lossless, (s, table, row) => s.Damage.Row.XminInvalidAsync(table, row, s.Rot)),
        Row("heap_xmax_called_committed", "a hint bit that says the row was deleted", Lossless, (s, table, row) => s.Damage.Row.XmaxCommittedAsync(table, row, s.Rot)),
        Row("heap_attribute_count", "more attributes than the table has", Lossless, (s, table, row) => s.Damage.Row.AttributeCountAsync(table, row, 16 + s.Next(32), s.Rot)),
        Row("heap_header_length", "values that begin elsewhere (t_hoff)", Escalated, (s, table, row) => s.Damage.Row.HeaderLengthAsync(table, row, s.Pick(0, 8, 64, 200, 248), s.Rot)),
        Value("heap_value_length", "a value that claims to be longer than its row", Escalated, [.. CorpusNames.IndexedText, .. CorpusNames.OtherText], (s, table, column, row) => s.Damage.Row.ValueLengthAsync(table, row, column, s.Rot)),
        Row("heap_line_pointer_offset", "a line pointer beside its tuple (lp_off)", Escalated, (s, table, row) => s.Damage.Row.LinePointerOffsetAsync(table, row, s.Pick(4, -4, 2), s.Rot)),
        Row("heap_line_pointer_unused", "a line pointer that says nothing is there", Escalated, (s, table, row) => s.Damage.Row.LinePointerUnusedAsync(table, row, s.Rot)),
        Row("heap_line_pointers_garbage", "line pointers of nonsense", Escalated, (s, table, row) =>
        {
            for (var more = 1; more < Garbage; more++)
            {
                s.Suspects.Row(table, row with { Item = row.Item + more });
            }
            return s.Damage.Row.GarbageLinePointersAsync(table, row, Garbage, (uint)s.Next(int.MaxValue), s.Rot);
        }),
        DamageClass.Of("heap_line_pointers_overlap", "two line pointers to one tuple", Escalated, async scene =>
        {
            var table = scene.Pick(CorpusNames.Tables);
            var row = await scene.RowAsync(table);
            scene.Table(table, $"row {row}");
            scene.Suspects.Row(table, row);
            await scene.Damage.Row.OverlapAsync(table, row, row.Item > 1 ? row.Item - 1 : row.Item + 1, scene.Rot);
        }) with { Heap = true },
        Value("heap_text_flipped_indexed", "a bit of a text that an index holds too", Escalated, CorpusNames.IndexedText, (s, table, column, row) => s.Damage.Row.FlipInValueAsync(table, row, column, s.Next(8), 0x01, s.Rot)),
        Value("heap_text_flipped", "a bit of a text that nothing else holds", NotDetectable, CorpusNames.OtherText, (s, table, column, row) => s.Damage.Row.FlipInValueAsync(table, row, column, s.Next(8), 0x01, s.Rot)),
    ];

    private static DamageClass Row(string name, string summary, BestOutcome best, Func<Scene, string, RowPlace, Task> strike) =>
        DamageClass.Of(name, summary, best, async scene =>
        {
            var table = scene.Pick(CorpusNames.Tables);
            var row = await scene.RowAsync(table);
            scene.Table(table, $"row {row}");
            scene.Suspects.Row(table, row);
            await strike(scene, table, row);
        }) with { Heap = true, BestWithChecksums = Escalated };

    private static DamageClass Value(
        string name, string summary, BestOutcome best, (string Table, string Column)[] from, Func<Scene, string, string, RowPlace, Task> strike) =>
        DamageClass.Of(name, summary, best, async scene =>
        {
            var (table, column) = scene.Pick(from);
            var row = await scene.RowAsync(table);
            scene.Table(table, $"{column} of row {row}");
            scene.Suspects.Row(table, row);
            await strike(scene, table, column.Trim('"'), row);
        }) with { Heap = true, BestWithChecksums = Escalated };
}
