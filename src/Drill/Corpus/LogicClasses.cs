using System.Globalization;
using static HealingWorkers.Drill.BestOutcome;

namespace HealingWorkers.Drill;

/// <summary>Every page is sound, and the rows contradict what the database or its owner promises.</summary>
internal static class LogicClasses
{
    private const string Schema = """{"type": "object", "required": ["runtime"], "properties": {"runtime": {"type": "integer", "minimum": 1}}}""";

    public static IEnumerable<DamageClass> All =>
    [
        Duplicates("duplicates_not_indexed", "second copies of rows, missing in a unique index", indexed: false),
        Duplicates("duplicates_indexed", "second copies of rows within a unique index", indexed: true),
        Logic("orphans_inserted", "rows that refer to nobody", Quarantine, async scene =>
        {
            var id = 3_000_000 + scene.Next(1000);
            var rows = 1 + scene.Next(6);
            var (table, column, sql) = scene.Pick(
                ("public.casts", "movie_id", $"INSERT INTO public.casts SELECT {id} + i, 1, 'orphan' FROM generate_series(1, {rows}) AS i"),
                ("public.people", "manager_id", $"INSERT INTO public.people (name, manager_id) SELECT 'orphan ' || i, {id} + i FROM generate_series(1, {rows}) AS i"),
                ("public.reviews", "movie_id", $"INSERT INTO public.reviews (movie_id, stars, place, body) SELECT {id} + i, 1, point(1, 1), 'orphan' FROM generate_series(1, {rows}) AS i"),
                ("public.screenings_late", "movie_id", $"INSERT INTO public.screenings (movie_id, shown_at, visitors) SELECT {id} + i, timestamptz '2024-08-01', i FROM generate_series(1, {rows}) AS i"));
            scene.Table(table, $"{rows} orphans");
            scene.Suspects.Where(table, $"{column} > {id}");
            await scene.Damage.Orphans.WithoutTriggersAsync(sql);
        }),
        Logic("orphans_left_behind", "rows whose parent was deleted past the key", Quarantine, async scene =>
        {
            var (parent, child, first) = scene.Pick(("public.movies", "public.casts", 1), ("public.people", "public.casts", 25));
            var id = first + scene.Next(800);
            scene.Table(child, $"the orphans of {id}");
            scene.Suspects.Where(child, string.Create(CultureInfo.InvariantCulture, $"{(parent == "public.movies" ? "movie_id" : "person_id")} = {id}"));
            foreach (var other in parent == "public.movies" ? (string[])["public.reviews", "public.screenings_early", "public.screenings_late", "public.screenings_rest"] : [])
            {
                scene.Table(other, $"the orphans of {id}");
                scene.Suspects.Where(other, string.Create(CultureInfo.InvariantCulture, $"movie_id = {id}"));
            }
            await scene.Damage.Orphans.DeleteParentsAsync(parent, string.Create(CultureInfo.InvariantCulture, $"id = {id}"));
        }),
        Logic("check_violated", "values that a CHECK forbids", Escalated, async scene =>
        {
            var (table, constraint, set) = scene.Pick(("public.reviews", "known_stars", "stars = 77"), ("public.movies", "sane_year", "year = 3"));
            var id = 1 + scene.Next(800);
            scene.Table(table, constraint);
            scene.Suspects.Where(table, set);
            await scene.Damage.Values.WithoutCheckAsync(table, constraint, string.Create(CultureInfo.InvariantCulture, $"UPDATE {table} SET {set} WHERE id BETWEEN {id} AND {id + 2}"));
        }),
        Ruled("value_not_allowed", "values that a rule does not allow",
            """
            allowed_values: [{ column: "movies.content_rating", values: ["G", "PG", "PG-13", "R", "NC-17"], on_violation: nullify }]
            """,
            "content_rating = 'XXX'",
            "content_rating NOT IN ('G', 'PG', 'PG-13', 'R', 'NC-17')"),
        Ruled("json_shape_violated", "documents that a rule's JSON Schema forbids",
            """
            json: [{ column: "movies.metadata_json", schema: metadata.schema.json, on_violation: nullify, mark: needs_review }]
            """,
            """metadata_json = '{"runtime": "long"}'""",
            "metadata_json IS NOT NULL AND jsonb_typeof(metadata_json -> 'runtime') IS DISTINCT FROM 'number'"),
        Ruled("orphans_of_a_rule", "rows that refer to nobody by a rule",
            """
            foreign_keys: [{ from: "movies.tmdb_id", to: "external_metadata.id", on_orphan: nullify }]
            """,
            "tmdb_id = 9000000 + id",
            "tmdb_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.external_metadata e WHERE e.id = tmdb_id)"),
    ];

    /// <summary>The files that rules name, by their names.</summary>
    public static IReadOnlyDictionary<string, string> RuleFiles { get; } = new Dictionary<string, string>(StringComparer.Ordinal) { ["metadata.schema.json"] = Schema };

    private static DamageClass Logic(string name, string summary, BestOutcome best, Func<Scene, Task> strike) =>
        DamageClass.Of(name, summary, best, strike) with { Logical = true };

    private static DamageClass Ruled(string name, string summary, string rules, string set, string violated) =>
        Logic(name, summary, Quarantine, async scene =>
        {
            var id = 10 + scene.Next(1000);
            var some = string.Create(CultureInfo.InvariantCulture, $"id BETWEEN {id} AND {id + 2}");
            scene.Table("public.movies", set);
            scene.Suspects.Where("public.movies", some);
            await scene.Cluster.ExecuteAsync(scene.Database, $"UPDATE public.movies SET {set} WHERE {some}");
        }) with { Rules = rules, Violated = "public.movies WHERE " + violated };

    private static DamageClass Duplicates(string name, string summary, bool indexed) =>
        Logic(name, summary, Quarantine, async scene =>
        {
            var (index, table, column, differ) = scene.Pick<(string, string, string, Dictionary<string, string>)>(
                ("public.movies_tmdb_id_key", "public.movies", "tmdb_id", new(StringComparer.Ordinal) { ["id"] = "-id" }),
                ("public.people_email_key", "public.people", "email", new(StringComparer.Ordinal) { ["id"] = "-id" }),
                ("public.external_metadata_pkey", "public.external_metadata", "id", new(StringComparer.Ordinal)));
            var rows = 1 + scene.Next(3);
            scene.Table(table, $"{rows} duplicates behind {index}");
            scene.Suspects.Alike(table, column);
            await scene.Damage.Unique.DuplicateRowsAsync(index, rows, indexed, differ);
        });
}
