using System.Globalization;
using static HealingWorkers.Drill.BestOutcome;

namespace HealingWorkers.Drill;

/// <summary>Damage to GIN, GiST, BRIN and hash indexes.</summary>
internal static class OtherIndexClasses
{
    public static IEnumerable<DamageClass> All =>
    [
        Page("gin_page_zeroed", "a page of zeros in a GIN index", CorpusNames.Gin, (d, index, which, _) => d.ZeroPageAsync(index, which)),
        Page("gin_bit_flipped", "a bit of a key in a GIN index", CorpusNames.Gin, (d, index, which, mode) => d.FlipAsync(index, which, mode)),
        Page("gin_key_missing", "a key that a GIN index over lists has lost", ["public.movies_tags_gin"], (d, index, which, mode) => d.LoseKeyAsync(index, which, mode)),
        Page("gin_json_key_missing", "a key that a GIN index over jsonb has lost", ["public.movies_metadata_gin"], (d, index, which, mode) => d.LoseKeyAsync(index, which, mode))
            with { Best = NotDetectable, BestWithChecksums = Lossless },
        Page("gist_page_zeroed", "a page of zeros in a GiST index", CorpusNames.Gist, (d, index, which, _) => d.ZeroPageAsync(index, which)),
        Page("gist_line_pointer", "an entry of a GiST index called dead", CorpusNames.Gist, (d, index, which, mode) => d.KillEntryAsync(index, which, mode)),
        Page("brin_page_zeroed", "a page of zeros in a BRIN index", CorpusNames.Brin, (d, index, which, _) => d.ZeroPageAsync(index, which)),
        Page("brin_body_flipped", "a range of a BRIN index that is too small", CorpusNames.Brin, (d, index, which, mode) => d.FlipAsync(index, which, mode)),
        Page("hash_page_zeroed", "a page of zeros in a hash index", CorpusNames.Hash, (d, index, which, _) => d.ZeroPageAsync(index, which)),
        Page("hash_bit_flipped", "a bit of a code in a hash index", CorpusNames.Hash, (d, index, which, mode) => d.FlipAsync(index, which, mode)),
        Page("hash_line_pointer", "an entry of a hash index called dead", CorpusNames.Hash, (d, index, which, mode) => d.KillEntryAsync(index, which, mode)),
        Missing("gin_entries_missing", CorpusNames.Gin),
        Missing("gist_entries_missing", [CorpusNames.Gist[0]]),
        Missing("brin_entries_missing", CorpusNames.Brin),
        Missing("hash_entries_missing", CorpusNames.Hash),
    ];

    private static DamageClass Page(string name, string summary, string[] indexes, Func<OtherIndexDamage, string, int, DamageMode, Task> strike) =>
        DamageClass.Of(name, summary, Lossless, async scene =>
        {
            var index = scene.Pick(indexes);
            var which = scene.Next(1000);
            scene.Other(index, $"page or entry {which}");
            await strike(scene.Damage.OtherIndex, index, which, scene.Rot);
        });

    private static DamageClass Missing(string name, string[] indexes) =>
        DamageClass.Of(name, "rows that the index was never told of", Lossless, async scene =>
        {
            var index = scene.Pick(indexes);
            // Their keys lie far from all others, below zero where a sequence watches, and they land in blocks that the index has summed up already.
            var id = 2_000_000 + scene.Next(1000) * 100;
            var rows = 1 + scene.Next(5);
            // A summary covers all that lies between: what another damage adds afterwards must not reach as far.
            var far = CorpusNames.Brin.Contains(index) ? 50_000_000 : 5_000_000;
            scene.Other(index, $"{rows} entries");
            await scene.Cluster.ExecuteAsync(scene.Database, "DELETE FROM ONLY casts WHERE movie_id BETWEEN 3 AND 9; DELETE FROM ONLY screenings_late WHERE movie_id BETWEEN 3 AND 9; DELETE FROM ONLY screenings_early WHERE movie_id BETWEEN 3 AND 9; DELETE FROM ONLY screenings_rest WHERE movie_id BETWEEN 3 AND 9; DELETE FROM movies WHERE id BETWEEN 3 AND 9");
            await scene.Cluster.ExecuteAsync(scene.Database, "VACUUM public.movies");
            await scene.Damage.OtherIndex.MissEntriesAsync(
                index,
                string.Create(CultureInfo.InvariantCulture,
                    $"""
                    INSERT INTO public.movies (id, title, year, tmdb_id, metadata_json, tags, screened, added_at, plot)
                    SELECT -i, 'Unseen ' || i, 2090, i + {far}, jsonb_build_object('unseen', i), ARRAY['unseen' || i], int4range(i, i + 3), timestamptz '2090-01-01' + interval '{far} seconds', 'short'
                    FROM generate_series({id}, {id + rows - 1}) AS i
                    """));
        }) with { Logical = true };
}
