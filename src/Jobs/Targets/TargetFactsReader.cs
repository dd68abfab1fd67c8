using Npgsql;

namespace HealingWorkers.Jobs.Targets;

internal static class TargetFactsReader
{
    public static async Task<TargetFacts> ReadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of(typeof(TargetFactsReader), "facts"), connection);
        await using var reader = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await reader.ReadAsync(cancel).ConfigureAwait(false);
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
            extensions.Zip(schemas).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal));
    }
}
