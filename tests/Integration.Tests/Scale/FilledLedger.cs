using System.Globalization;
using System.Reflection;
using Npgsql;

namespace HealingWorkers.Drill.Scale;

/// <summary>Fills a ledger as half a year of a busy fleet would have: runs, incidents, and everything that hangs on them.</summary>
internal static class FilledLedger
{
    public static readonly IReadOnlyList<string> Targets = ["movies", "orders", "people", "stock", "billing", "search", "events", "archive"];

    /// <param name="connection">Of an owner; the ledger is at its newest revision and empty.</param>
    public static async Task FillAsync(string connection, int runs, int incidents, CancellationToken cancel = default)
    {
        // Its commit must be on disk before the vacuum: rows of one that is not are never marked as visible to all.
        await using var session = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false, CommandTimeout = 0 }.ConnectionString);
        await session.OpenAsync(cancel);
        var text = (await ReadAsync(cancel)).Replace("{runs}", runs.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal).Replace("{incidents}", incidents.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);
        foreach (var sql in (string[])[text, "VACUUM (ANALYZE)"])
        {
            await using var command = new NpgsqlCommand(sql, session);
            await command.ExecuteNonQueryAsync(cancel);
        }
    }

    private static async Task<string> ReadAsync(CancellationToken cancel)
    {
        var assembly = Assembly.GetExecutingAssembly();
        await using var stream = assembly.GetManifestResourceStream(assembly.GetManifestResourceNames().Single(n => n.EndsWith("filled_ledger.sql", StringComparison.Ordinal)))!;
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(cancel);
    }
}
