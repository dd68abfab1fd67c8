using System.Globalization;
using static HealingWorkers.Drill.BestOutcome;

namespace HealingWorkers.Drill;

/// <summary>Damage to what stands beside the rows: values out of line, maps, sequences, the catalogue's indexes.</summary>
internal static class BesideClasses
{
    private static readonly string[] WithToast = ["public.movies", "public.reviews"];

    public static IEnumerable<DamageClass> All =>
    [
        Toast("toast_chunk_missing", "a piece of a value kept out of line is gone", Quarantine, (d, table, which, mode) => d.RemoveChunkAsync(table, which, mode)),
        Toast("toast_chunk_content", "a piece of a value kept out of line has other bytes", NotDetectable, (d, table, which, mode) => d.ChangeChunkAsync(table, which, mode)),
        DamageClass.Of("visibility_all_visible", "the visibility map calls a block with a deleted row visible to all", Lossless, async scene =>
        {
            var (table, condition) = scene.Pick(("public.casts", "movie_id = 100"), ("public.reviews", "id = 100"), ("public.screenings_late", "movie_id = 100"));
            scene.Table(table, "the visibility map");
            await scene.Damage.Visibility.WronglyVisibleAsync(table, condition);
        }) with { Logical = true },
        DamageClass.Of("visibility_all_frozen", "the visibility map calls a block with a new row frozen", Lossless, async scene =>
        {
            var (table, insert) = scene.Pick(
                ("public.people", "INSERT INTO public.people (name) VALUES ('late')"),
                ("public.reviews", "INSERT INTO public.reviews (stars, place, body) VALUES (1, point(1, 1), 'late')"));
            scene.Table(table, "the visibility map");
            await scene.Damage.Visibility.WronglyFrozenAsync(table, insert);
        }) with { Logical = true },
        DamageClass.Of("free_space_map", "a page of the free space map is nonsense", NotDetectable, async scene =>
        {
            var table = scene.Pick("public.people", "public.movies", "public.casts");
            scene.Table(table, "the free space map");
            await scene.Damage.Visibility.FreeSpaceAsync(table, scene.Next(3), scene.Rot);
        }),
        DamageClass.Of("sequence_zeroed", "a sequence's page of zeros", Lossless, async scene =>
        {
            var sequence = scene.Pick(CorpusNames.Sequences);
            scene.Other(sequence, "the page");
            await scene.Damage.Sequence.ZeroPageAsync(sequence);
        }),
        DamageClass.Of("sequence_behind", "a sequence that gives out numbers that are taken", Lossless, async scene =>
        {
            var sequence = scene.Pick(CorpusNames.Sequences);
            var value = 1 + scene.Next(500);
            scene.Other(sequence, string.Create(CultureInfo.InvariantCulture, $"the value (set back to {value})"));
            await scene.Damage.Sequence.SetBackAsync(sequence, value);
        }),
        DamageClass.Of("catalogue_index", "a leaf of zeros in an index of the catalogue that nobody needs to get in", Lossless, async scene =>
        {
            var index = scene.Pick("pg_catalog.pg_description_o_c_o_index", "pg_catalog.pg_depend_depender_index", "pg_catalog.pg_depend_reference_index");
            var leaf = await scene.LeafAsync(index);
            scene.Other(index, $"leaf {leaf}");
            await scene.Damage.Catalogue.ZeroLeafAsync(index, leaf);
        }),
        DamageClass.Of("catalogue_index_critical", "the index of pg_class by oid is gone: nobody gets in", Escalated, async scene =>
        {
            scene.Other(CatalogueDamage.Critical, "every page");
            await scene.Damage.Catalogue.ZeroAllAsync();
        }) with { ShutsOut = true },
    ];

    private static DamageClass Toast(string name, string summary, BestOutcome best, Func<ToastDamage, string, int, DamageMode, Task> strike) =>
        DamageClass.Of(name, summary, best, async scene =>
        {
            var table = scene.Pick(WithToast);
            var which = scene.Next(1000);
            scene.Table(table, $"chunk {which}");
            await strike(scene.Damage.Toast, table, which, scene.Rot);
        }) with { Heap = true, BestWithChecksums = Escalated };
}
