using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

internal static class TargetFactsReader
{
    /// <param name="database">Another one than the session's own; null: that one.</param>
    public static async Task<TargetFacts> ReadAsync(NpgsqlConnection connection, CancellationToken cancel, string? database = null)
    {
        await using var command = new NpgsqlCommand(Sql.Of(typeof(TargetFactsReader), "facts"), connection) { Parameters = { new("database", (object?)database ?? DBNull.Value) } };
        await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        if (!await reader.ReadAsync(cancel).ConfigureAwait(false))
        {
            throw new HealingException("the server has no such database (any more)", "`psql -l` lists what there is.");
        }
        var extensions = reader.GetFieldValue<string[]>(8);
        var schemas = reader.GetFieldValue<string[]>(9);
        return new TargetFacts(
            new TargetId(reader.GetString(0), reader.GetInt64(1)),
            reader.GetString(2),
            reader.GetInt32(3),
            reader.GetBoolean(4),
            reader.GetBoolean(5),
            reader.GetString(6),
            reader.GetBoolean(7),
            await reader.IsDBNullAsync(10, cancel).ConfigureAwait(false) ? null : reader.GetString(10),
            extensions.Zip(schemas).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal))
        {
            HasUsualPages = reader.GetBoolean(11),
        };
    }
}
