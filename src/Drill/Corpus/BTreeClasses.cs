using static HealingWorkers.Drill.BestOutcome;

namespace HealingWorkers.Drill;

/// <summary>Damage to B-tree indexes, and to what their order means.</summary>
internal static class BTreeClasses
{
    public static IEnumerable<DamageClass> All =>
    [
        Leaf("btree_leaf_zeroed", "a leaf of zeros", (d, index, leaf, mode) => d.ZeroLeafAsync(index, leaf, mode)),
        Leaf("btree_leaf_copied", "a leaf's contents in another one's place", async (d, index, leaf, _) =>
            await d.CopyLeafAsync(index, leaf, leaf + 1 < await d.LeafCountAsync(index) ? leaf + 1 : leaf - 1)),
        Leaf("btree_key_flipped", "a bit of a key", (d, index, leaf, mode) => d.FlipKeyInLeafAsync(index, leaf, mode)),
        Leaf("btree_entries_missing", "entries gone without a trace", (d, index, leaf, _) => d.RemoveLeafEntriesAsync(index, leaf, 4)),
        DamageClass.Of("btree_file_missing", "the index's file is gone", Lossless, async scene =>
        {
            var index = scene.Pick(CorpusNames.BTrees);
            scene.Other(index, "the file");
            await scene.Damage.Index.MissingFileAsync(index);
        }),
        DamageClass.Of("btree_operator_class_changed", "another operator class under a built index", Lossless, async scene =>
        {
            var index = scene.Pick("public.movies_year_idx", "public.casts_person_id_idx", "public.reviews_movie_id_idx");
            scene.Other(index, "the operator class");
            await scene.Damage.OperatorClass.ReverseAsync(index);
        }),
        new DamageClass("collation_order_changed", "the collation sorts otherwise than when the index was built", Lossless, async scene =>
        {
            var (table, column) = scene.Pick(("public.movies", "title"), ("public.people", "name"));
            var record = scene.Pick(RecordedVersion.Mismatch, RecordedVersion.Equal, RecordedVersion.None);
            var index = await scene.Damage.Collation.CreateIndexAsync(table, column);
            scene.Other("public." + index, $"the collation (recorded version: {record})");
            scene.Other("public.kit_order", "the order");
            return () => scene.Damage.Collation.ChangeOrderAsync(record: record);
        }),
        DamageClass.Of("index_leftover", "an invalid index left by a rebuild that was cancelled or killed", Lossless, async scene =>
        {
            var index = scene.Pick("public.movies_title_idx", "public.people_name_idx", "public.casts_person_id_idx");
            var left = await scene.Damage.LeftoverAsync(index, scene.Pick(RebuildStation.Building, RebuildStation.Swapped), scene.Pick(true, false));
            scene.Leftover(left.Contains('.', StringComparison.Ordinal) ? left : "public." + left);
        }) with { Logical = true },
        DamageClass.Of("toast_index_zeroed", "a leaf of zeros in the index of values kept out of line", Lossless, async scene =>
        {
            var table = scene.Pick("public.movies", "public.reviews");
            var index = await scene.Damage.Index.ToastIndexOfAsync(table);
            scene.Other(index, $"a leaf (of {table})");
            await scene.Damage.ZeroToastIndexLeafAsync(table, await scene.LeafAsync(index));
        }),
    ];

    private static DamageClass Leaf(string name, string summary, Func<IndexDamage, string, int, DamageMode, Task> strike) =>
        DamageClass.Of(name, summary, Lossless, async scene =>
        {
            var index = scene.Pick(CorpusNames.BTrees);
            var leaf = await scene.LeafAsync(index);
            scene.Other(index, $"leaf {leaf}");
            await strike(scene.Damage.Index, index, leaf, scene.Rot);
        });
}
