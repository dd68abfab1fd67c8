using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A collation with the version that was recorded and the one that the system provides.</summary>
internal sealed record CollationState(long Oid, string Quoted, string Provider, string? Recorded, string? Actual)
{
    private const long DefaultOid = 100;
    private const int FirstWithDatabaseVersions = 15;

    public RelationName Name => new(Oid, Quoted);
    public bool IsDefault => Oid == DefaultOid;
    public bool HasDrifted => Recorded is not null && Actual is not null && !string.Equals(Recorded, Actual, StringComparison.Ordinal);

    public static async Task<IReadOnlyList<CollationState>> ReadAsync(NpgsqlConnection connection, TargetFacts facts, IEnumerable<long> used, CancellationToken cancel)
    {
        var states = new List<CollationState>();
        await using (var command = new NpgsqlCommand(Sql.Of<ICheck>("collations"), connection) { Parameters = { new("used", used.Append(DefaultOid).Distinct().ToArray()) } })
        await using (var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false))
        {
            while (await row.ReadAsync(cancel).ConfigureAwait(false))
            {
                states.Add(new(row.GetInt64(0), row.GetString(1), row.GetString(2), Text(row, 3), Text(row, 4)));
            }
        }
        return facts.Major < FirstWithDatabaseVersions ? states : await WithDefaultAsync(connection, states, cancel).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<CollationState>> WithDefaultAsync(NpgsqlConnection connection, List<CollationState> states, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("collation_default"), connection);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        await row.ReadAsync(cancel).ConfigureAwait(false);
        return [.. states.Select(s => s.IsDefault ? s with { Recorded = Text(row, 0), Actual = Text(row, 1) } : s)];
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
