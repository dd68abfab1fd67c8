using HealingWorkers.Drill;

namespace HealingWorkers.Worker.Drills;

/// <summary>Under which names damage may be told: the damaged thing, what belongs to it, and the table that it belongs to.</summary>
internal static class DrillObjects
{
    public static async Task<IReadOnlyCollection<string>> OfAsync(Scene scene, string damage, CancellationToken cancel) =>
        await scene.Cluster.QueryAsync<string>(
            scene.Database,
            """
            WITH damaged AS (SELECT to_regclass(name)::oid AS oid FROM unnest(@tables) AS name),
            family AS (
                SELECT oid FROM damaged
                UNION SELECT indexrelid FROM pg_index JOIN damaged ON indrelid = oid
                UNION SELECT c.reltoastrelid FROM pg_class c JOIN damaged USING (oid)
                UNION SELECT i.indexrelid FROM pg_class c JOIN damaged USING (oid) JOIN pg_index i ON i.indrelid = c.reltoastrelid
                UNION SELECT inhparent FROM pg_inherits JOIN damaged ON inhrelid = oid
                UNION SELECT objid FROM pg_depend JOIN damaged ON refobjid = oid WHERE classid = 'pg_class'::regclass AND deptype IN ('a', 'i')
                UNION SELECT to_regclass(name)::oid FROM unnest(@others) AS name
                UNION SELECT indrelid FROM pg_index JOIN unnest(@others) AS name ON indexrelid = to_regclass(name)
                UNION SELECT d.refobjid FROM pg_depend d JOIN unnest(@others) AS name ON d.objid = to_regclass(name)
                    WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
                UNION SELECT t.oid FROM pg_class t JOIN pg_index i ON i.indrelid = t.reltoastrelid JOIN unnest(@others) AS name ON i.indexrelid = to_regclass(name)
            )
            SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN family USING (oid) JOIN pg_namespace n ON n.oid = c.relnamespace
            UNION SELECT unnest(@others)
            """,
            new { tables = scene.TablesOf(damage).ToArray(), others = scene.OthersOf(damage).ToArray() }, cancel).ConfigureAwait(false);

    /// <summary>Whether it is named anywhere in a sentence, and not only as the beginning of a longer name.</summary>
    public static bool Names(this string sentence, string name)
    {
        for (var at = sentence.IndexOf(name, StringComparison.Ordinal); at >= 0; at = sentence.IndexOf(name, at + 1, StringComparison.Ordinal))
        {
            if (new[] { name }.Has(sentence[at..]))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Whether what a finding names is one of these, or a place within one.</summary>
    public static bool Has(this IReadOnlyCollection<string> names, string named) =>
        names.Any(n => named.StartsWith(n, StringComparison.Ordinal) && (named.Length == n.Length || !char.IsLetterOrDigit(named[n.Length]) && named[n.Length] != '_'));
}
