using System.Text.Json;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Backups;

/// <param name="Exact">A restore must give exactly these numbers.</param>
/// <param name="Why">Why it need not.</param>
public sealed record CountedRows(bool Exact, string? Why, IReadOnlyList<CountedTable> Tables)
{
    public string ToJson() => JsonSerializer.Serialize(this, LedgerJson.Options);

    public static CountedRows? Of(string? json) => json is null ? null : JsonSerializer.Deserialize<CountedRows>(json, LedgerJson.Options);
}

/// <param name="Table">Quoted by the server, with its schema.</param>
/// <param name="Rows">Null where it was not counted.</param>
/// <param name="Why">Why it was not.</param>
public sealed record CountedTable(string Database, string Table, long? Rows, string? Why);

/// <summary>Counts the rows of every table of a database, each partition by itself, under one snapshot.</summary>
public static class RowCounts
{
    /// <summary>What a copy of files does not bring along.</summary>
    public const string Unlogged = "it is unlogged, so that a copy of files brings it back empty";

    /// <summary>A snapshot does not outlast that.</summary>
    public const string WrittenAnew = "it was truncated, replaced or written anew while rows were counted";

    /// <summary>Of what comes after a table in which the server spoke of corruption: the driver gives up such a session, and with it its snapshot.</summary>
    internal const string SessionLost = "the session ended before it, at a table that is damaged";

    /// <param name="physical">Unlogged tables are left out.</param>
    public static async Task<IReadOnlyList<CountedTable>> OfDatabaseAsync(NpgsqlConnection connection, bool physical, CancellationToken cancel)
    {
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel).ConfigureAwait(false);
        return await WithinAsync(connection, physical, static _ => { }, cancel).ConfigureAwait(false);
    }

    /// <summary>On a server that nobody else writes to: where a damaged table ends a session, another one goes on behind it.</summary>
    public static async Task<IReadOnlyList<CountedTable>> OfQuietAsync(Func<Task<NpgsqlConnection>> open, bool physical, CancellationToken cancel)
    {
        var counted = new Dictionary<string, CountedTable>(StringComparer.Ordinal);
        bool lost;
        do
        {
            await using var session = await open().ConfigureAwait(false);
            await using var snapshot = await session.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel).ConfigureAwait(false);
            var now = await WithinAsync(session, physical, static _ => { }, cancel, counted).ConfigureAwait(false);
            lost = now.Any(t => t.Why == SessionLost);
            foreach (var table in now.Where(t => t.Why != SessionLost))
            {
                counted[table.Table] = table;
            }
        }
        while (lost);
        return [.. counted.Values];
    }

    /// <summary>Within the transaction that is open, whose snapshot is the one that counts.</summary>
    internal static async Task<IReadOnlyList<CountedTable>> WithinAsync(NpgsqlConnection connection, bool physical, Action<string> say, CancellationToken cancel, IReadOnlyDictionary<string, CountedTable>? known = null)
    {
        var tables = await connection.ListAsync<TableRow>(Sql.Of(typeof(RowCounts), "tables_to_count"), null, cancel).ConfigureAwait(false);
        // a policy that hides rows is an error then, and not a smaller number
        await connection.DoAsync("SET LOCAL row_security = off", null, cancel).ConfigureAwait(false);
        var counted = new List<CountedTable>();
        foreach (var table in tables.Where(t => known?.ContainsKey(t.Name) != true))
        {
            say($"counting {table.Name}");
            counted.Add(physical && table.Unlogged ? new(connection.Database, table.Name, null, Unlogged)
                : connection.FullState != System.Data.ConnectionState.Open ? new(connection.Database, table.Name, null, SessionLost)
                : await OneAsync(connection, table, cancel).ConfigureAwait(false));
        }
        return counted;
    }

    private static async Task<CountedTable> OneAsync(NpgsqlConnection connection, TableRow table, CancellationToken cancel)
    {
        await connection.DoAsync("SAVEPOINT one_table", null, cancel).ConfigureAwait(false);
        try
        {
            await using var count = new NpgsqlCommand($"SELECT pg_catalog.count(*) FROM ONLY {table.Name}", connection) { CommandTimeout = 0 };
            var rows = (long)(await count.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
            var holds = await connection.FirstAsync<bool?>(Sql.Of(typeof(RowCounts), "count_holds"), new { table.Name, table.Oid }, cancel).ConfigureAwait(false) == true;
            await connection.DoAsync("RELEASE SAVEPOINT one_table", null, cancel).ConfigureAwait(false);
            return holds ? new(connection.Database, table.Name, rows, null) : new(connection.Database, table.Name, null, WrittenAnew);
        }
        catch (PostgresException e)
        {
            if (connection.FullState == System.Data.ConnectionState.Open)
            {
                await connection.DoAsync("ROLLBACK TO SAVEPOINT one_table", null, cancel).ConfigureAwait(false);
            }
            return new(connection.Database, table.Name, null, e.MessageText);
        }
    }

    private sealed record TableRow
    {
        public required string Name { get; init; }
        public required bool Unlogged { get; init; }
        public required long Oid { get; init; }
    }
}
