using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The statistics of a database at one moment.</summary>
internal sealed record DatabaseSample(RelationName Database, long? ChecksumFailures, string? LastFailure, string? Reset)
{
    /// <summary>Rising ones, told as the difference from the last sample.</summary>
    public required IReadOnlyDictionary<string, long> Counters { get; init; }
    /// <summary>Told as they are.</summary>
    public required IReadOnlyDictionary<string, double> Gauges { get; init; }

    public static async Task<DatabaseSample> ReadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("database_stats"), connection);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await row.ReadAsync(cancel).ConfigureAwait(false);
        long? Number(int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
        string? Text(int column) => row.IsDBNull(column) ? null : row.GetString(column);
        var gauges = new Dictionary<string, double>(StringComparer.Ordinal)
        {
            ["connections"] = row.GetInt64(9),
            ["connections_limit"] = row.GetInt64(10),
            ["connections_used"] = (double)row.GetInt64(9) / row.GetInt64(10),
            ["xid_age"] = row.GetInt64(11),
            ["multixact_age"] = row.GetInt64(12),
            ["slots_inactive"] = row.GetInt64(14),
        };
        foreach (var (name, value) in new[] { ("replication_lag_bytes", Number(13)), ("slots_keep_bytes", Number(15)) })
        {
            if (value is { } known)
            {
                gauges[name] = known;
            }
        }
        return new(new(row.GetInt64(0), row.GetString(1)), Number(2), Text(3), Text(4))
        {
            Gauges = gauges,
            Counters = new Dictionary<string, long>(StringComparer.Ordinal)
            {
                ["deadlocks"] = row.GetInt64(5),
                ["rollbacks"] = row.GetInt64(6),
                ["temp_files"] = row.GetInt64(7),
                ["temp_bytes"] = row.GetInt64(8),
            },
        };
    }

    /// <summary>What happened since; all of it where the counters were reset in between.</summary>
    public IEnumerable<KeyValuePair<string, double>> Since(JsonObject? before)
    {
        var same = before is not null && before["reset"]?.ToString() == Reset;
        return Counters.Select(c => KeyValuePair.Create(c.Key,
            (double)(same && before![c.Key] is { } was && (long)was <= c.Value ? c.Value - (long)was : before is null ? 0 : c.Value)));
    }

    public JsonObject ToJson()
    {
        var json = new JsonObject { ["reset"] = Reset };
        foreach (var (name, value) in Counters)
        {
            json[name] = value;
        }
        return json;
    }
}
