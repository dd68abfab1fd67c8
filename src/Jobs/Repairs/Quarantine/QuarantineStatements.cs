namespace HealingWorkers.Jobs.Repairs;

/// <summary>The statements that keep rows of a table and touch exactly those: as they are sent, and as a plan shows them, where their numbers are not known yet.</summary>
/// <param name="Batch">Its number in SQL.</param>
/// <param name="Part">Its number in SQL.</param>
internal sealed record QuarantineStatements(QuarantineTable Table, string Batch, string Part)
{
    public const string UnknownBatch = "@batch";

    /// <summary>Exactly the rows that are kept, by their places; under other names than a column may have.</summary>
    private string Places =>
        $"(SELECT r.place AS \"kept place\" FROM healing_quarantine.rows r WHERE r.batch OPERATOR(pg_catalog.=) {Batch} AND r.part OPERATOR(pg_catalog.=) {Part}) AS \"kept row\" WHERE t.ctid OPERATOR(pg_catalog.=) \"kept row\".\"kept place\"";

    public string Deletion => $"DELETE FROM ONLY {Table.Quoted} t USING {Places}";

    /// <param name="set">What comes after SET.</param>
    public string Change(string set) => $"UPDATE ONLY {Table.Quoted} t SET {set} FROM {Places}";

    /// <summary>Keeps the rows at these places; one that changed since it was asked for has another place by now and is left alone.</summary>
    public string Keep(bool locked) => Insert(
        $"""
        SELECT {Batch}, {Part}, l.place, l.vals
        FROM (SELECT t.ctid AS place, {Table.Values} AS vals FROM ONLY {Table.Quoted} t WHERE t.ctid = ANY (@places::text[]::tid[]){(locked ? " FOR UPDATE" : "")}) AS l
        JOIN (SELECT DISTINCT u.place FROM pg_catalog.unnest(@places::text[]::tid[]) AS u (place)) AS asked ON asked.place = l.place
        """);

    /// <summary>By a scan of their page, which believes the page that all in it is visible; a fetch by place would believe each row.</summary>
    public string KeepScanned(string block) => Insert(
        $"""
        SELECT {Batch}, {Part}, l.place, l.vals
        FROM (SELECT t.ctid AS place, {Table.Values} AS vals FROM ONLY {Table.Quoted} t
              WHERE t.ctid >= '{block},0)'::tid AND t.ctid <= '{block},65535)'::tid AND t.ctid::text = ANY (@places::text[]) OFFSET 0) AS l
        """);

    /// <summary>Keeps the rows that refer to rows of another table at these places.</summary>
    /// <param name="deleted">The part whose rows go anyway, in SQL.</param>
    public string KeepReferring(Reference reference, string parent, string? deleted)
    {
        var but = deleted is null ? "" : $" AND NOT EXISTS (SELECT FROM healing_quarantine.rows d WHERE d.batch = {Batch} AND d.part = {deleted} AND d.place = t.ctid)";
        return Insert(
            $"""
            SELECT {Batch}, {Part}, l.place, l.vals
            FROM (SELECT t.ctid AS place, {Table.Values} AS vals FROM ONLY {Table.Quoted} t
                  WHERE EXISTS (SELECT FROM ONLY {parent} p WHERE p.ctid = ANY (@places::text[]::tid[]) AND {reference.Condition}){but} FOR UPDATE OF t) AS l
            """);
    }

    /// <summary>
    /// What nothing refers to is deleted and kept by one statement: what it returns is what goes. A row that changed meanwhile would be deleted in
    /// its new version, if its place were not asked for a second time, as a plain condition.
    /// </summary>
    public string Move =>
        $"""
        WITH gone AS (
            DELETE FROM ONLY {Table.Quoted} t USING pg_catalog.unnest(@places::text[]::tid[]) AS asked (place)
            WHERE t.ctid = asked.place AND t.ctid >= asked.place AND t.ctid <= asked.place
            RETURNING t.ctid AS place, {Table.Values} AS vals)
        INSERT INTO healing_quarantine.rows (batch, part, place, vals) SELECT {Batch}, {Part}, place, vals FROM gone
        """;

    /// <summary>All of them by one statement, so that neither order nor cycles matter.</summary>
    public static string Together(IReadOnlyList<string> deletions) =>
        $"WITH {string.Join(",\n", deletions.Select((d, i) => FormattableString.Invariant($"d{i} AS ({d} RETURNING 1)")))}\nSELECT ARRAY[{string.Join(", ", deletions.Select((_, i) => FormattableString.Invariant($"(SELECT count(*) FROM d{i})")))}]";

    /// <summary>The same as it is told: of one table without what counts it.</summary>
    public static string TogetherTold(IReadOnlyList<string> deletions) => deletions is [var one] ? one : Together(deletions);

    private static string Insert(string select) => $"INSERT INTO healing_quarantine.rows (batch, part, place, vals) {select} ON CONFLICT DO NOTHING RETURNING place::text";
}
