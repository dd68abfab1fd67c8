using System.Globalization;
using Dapper;
using Npgsql;

namespace HealingWorkers.Drill;

/// <summary>
/// Changes what a collation means under indexes that were built before: what an upgrade of the system's
/// libraries does, on one machine. It holds over restarts; sessions that are open keep the order that they know.
/// </summary>
public sealed class CollationDamage(PgCluster cluster, string database)
{
    public const string OldVersion = "0.0-old";

    /// <summary>By number: `Movie 9` before `Movie 10`.</summary>
    public const string NumericOrder = "und-u-kn-true";

    private int Major => cluster.Options.Binaries.Major;

    /// <summary>An ICU collation and an index over a column in its order. Gives the index.</summary>
    public async Task<string> CreateIndexAsync(
        string table, string column, string collation = "kit_order", string locale = "und", CancellationToken ct = default)
    {
        var index = string.Create(CultureInfo.InvariantCulture, $"{collation}_{column}_idx");
        await cluster.ExecuteAsync(
            database,
            $"""
            CREATE COLLATION IF NOT EXISTS {Quote.Identifier(collation)} (provider = icu, locale = {Quote.Literal(locale)});
            CREATE INDEX {Quote.Identifier(index)} ON {table} ({Quote.Identifier(column)} COLLATE {Quote.Identifier(collation)});
            """,
            ct: ct);
        return index;
    }

    /// <summary>Gives a collation of the database another order.</summary>
    public async Task ChangeOrderAsync(
        string collation = "kit_order", string locale = NumericOrder, RecordedVersion record = RecordedVersion.Mismatch, CancellationToken ct = default)
    {
        var change = Major switch
        {
            >= 17 => "colllocale = @locale",
            >= 15 => "colliculocale = @locale",
            _ => "collcollate = @locale, collctype = @locale",
        };
        await ExecuteOneAsync(
            $"""
            UPDATE pg_collation SET {change},
                   collversion = {Version(record, "pg_collation_actual_version(oid)")}
            WHERE collname = @collation
            """,
            new { locale, collation }, ct);
    }

    /// <summary>Gives the database's default another order, by ICU (PostgreSQL 15 and later).</summary>
    public async Task ChangeDefaultOrderAsync(
        string locale = NumericOrder, RecordedVersion record = RecordedVersion.Mismatch, CancellationToken ct = default)
    {
        if (Major < 15)
        {
            throw new NotSupportedException("Before PostgreSQL 15 a database cannot be ordered by ICU.");
        }
        await ExecuteOneAsync(
            $"""
            UPDATE pg_database SET datlocprovider = 'i', {(Major >= 17 ? "datlocale" : "daticulocale")} = @locale
            WHERE datname = current_database()
            """,
            new { locale }, ct);
        await ExecuteOneAsync(
            $"""
            UPDATE pg_database SET datcollversion = {Version(record, "pg_database_collation_actual_version(oid)")}
            WHERE datname = current_database()
            """,
            new { }, ct);
    }

    /// <summary>Only the record: the order stays as it is.</summary>
    public Task RecordVersionAsync(string collation, string? version = OldVersion, CancellationToken ct = default) =>
        ExecuteOneAsync("UPDATE pg_collation SET collversion = @version WHERE collname = @collation", new { collation, version }, ct);

    /// <summary>Only the record of the database's default; PostgreSQL compares it when the collation has a version at all.</summary>
    public Task RecordDefaultVersionAsync(string? version = OldVersion, CancellationToken ct = default) =>
        ExecuteOneAsync("UPDATE pg_database SET datcollversion = @version WHERE datname = current_database()", new { version }, ct);

    private static string Version(RecordedVersion record, string actual) => record switch
    {
        RecordedVersion.Mismatch => Quote.Literal(OldVersion),
        RecordedVersion.Equal => actual,
        _ => "NULL",
    };

    private async Task ExecuteOneAsync(string sql, object arguments, CancellationToken ct)
    {
        await using var connection = await cluster.OpenAsync(database, ct);
        if (await connection.ExecuteAsync(Sessions.Command(sql, arguments, ct)) != 1)
        {
            throw new InvalidOperationException("Not exactly one collation was changed.");
        }
    }
}
