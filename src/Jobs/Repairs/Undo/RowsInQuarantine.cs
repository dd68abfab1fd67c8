using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Rows that lie in a target's quarantine, to be read by a person.</summary>
public static class RowsInQuarantine
{
    /// <param name="after">The place of the last row that was seen; null for the first page.</param>
    public static async Task<IReadOnlyList<KeptRow>> OfAsync(NpgsqlConnection connection, string ledger, long incident, KeptPlace? after, int most, CancellationToken cancel, DateTimeOffset? opened = null)
    {
        if (!await QuarantineSchema.IsThereAsync(connection, cancel).ConfigureAwait(false))
        {
            return [];
        }
        await using var command = new NpgsqlCommand(Sql.Of<QuarantineTable>("kept_look"), connection)
        {
            CommandTimeout = 10,
            Parameters = { new("ledger", ledger), new("incident", incident), new("batch", after?.Batch ?? 0), new("part", after?.Part ?? 0), new("place", after?.Place ?? "(0,0)"), new("most", most), new("opened", NpgsqlTypes.NpgsqlDbType.TimestampTz) { Value = (object?)opened?.ToUniversalTime() ?? DBNull.Value } },
        };
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var rows = new List<KeptRow>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            rows.Add(new()
            {
                Batch = row.GetInt64(0), Part = row.GetInt32(1), Place = row.GetString(2), Action = row.GetString(3), Table = row.GetString(4), Columns = row.GetFieldValue<string[]>(5),
                Values = ServerText.AllShown(row, 6), TakenAt = row.GetFieldValue<DateTimeOffset>(7), RestoredAt = await row.IsDBNullAsync(8, cancel).ConfigureAwait(false) ? null : row.GetFieldValue<DateTimeOffset>(8),
            });
        }
        return rows;
    }
}

public sealed record KeptRow
{
    public required long Batch { get; init; }
    public required int Part { get; init; }
    public required string Place { get; init; }
    /// <summary>By which it can be chosen.</summary>
    public string Name => new KeptPlace(Batch, Part, Place).ToString();
    /// <summary>deleted | changed | kept.</summary>
    public required string Action { get; init; }
    /// <summary>The table as it was named then, quoted.</summary>
    public required string Table { get; init; }
    public required string[] Columns { get; init; }
    /// <summary>Each as text, in the order of the columns.</summary>
    public required string?[] Values { get; init; }
    public required DateTimeOffset TakenAt { get; init; }
    /// <summary>When it came back; null while it lies there.</summary>
    public DateTimeOffset? RestoredAt { get; init; }
}
