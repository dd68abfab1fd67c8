using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A row that somebody chose, and where it lies by now.</summary>
public sealed record ChosenRow
{
    public required long First { get; init; }
    public required long Batch { get; init; }
    public required int Part { get; init; }
    public required string Place { get; init; }
    public required bool IsBack { get; init; }
    /// <summary>The batch by which it was taken again after it had come back.</summary>
    public long? ReplacedBy { get; init; }
    /// <summary>The attempt that it came back by.</summary>
    public required int Attempt { get; init; }

    /// <summary>All of them, or it is said which are not there.</summary>
    public static async Task<IReadOnlyList<ChosenRow>> FindAsync(NpgsqlConnection connection, string ledger, long incident, IReadOnlyList<KeptPlace> chosen, CancellationToken cancel, DateTimeOffset? opened = null)
    {
        var rows = await QuarantineSchema.IsThereAsync(connection, cancel).ConfigureAwait(false)
            ? (await connection.QueryAsync<ChosenRow>(new CommandDefinition(Sql.Of<QuarantineTable>("kept_chosen"), new
            {
                ledger, incident, opened = opened?.ToUniversalTime(), firsts = chosen.Select(c => c.Batch).ToArray(), parts = chosen.Select(c => c.Part).ToArray(), places = chosen.Select(c => c.Place).ToArray(),
            }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false)).AsList() : [];
        var missing = chosen.Where(c => !rows.Any(r => (r.First, r.Part, r.Place) == (c.Batch, c.Part, c.Place))).ToList();
        return missing.Count == 0 ? rows
            : throw PartMapping.Refusal($"{missing.Count} of the chosen rows do not lie in the quarantine of incident {incident}: {string.Join(", ", missing.Take(10))}");
    }
}
