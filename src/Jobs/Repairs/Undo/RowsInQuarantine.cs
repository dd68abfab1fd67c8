using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Rows that lie in a target's quarantine, to be read by a person.</summary>
public static class RowsInQuarantine
{
    static RowsInQuarantine() => System.Runtime.CompilerServices.RuntimeHelpers.RunClassConstructor(typeof(Ledger.LedgerDb).TypeHandle);

    /// <param name="after">The place of the last row that was seen; null for the first page.</param>
    public static async Task<IReadOnlyList<KeptRow>> OfAsync(NpgsqlConnection connection, string ledger, long incident, KeptPlace? after, int most, CancellationToken cancel)
    {
        if (!await QuarantineSchema.IsThereAsync(connection, cancel).ConfigureAwait(false))
        {
            return [];
        }
        var args = new { ledger, incident, batch = after?.Batch ?? 0, part = after?.Part ?? 0, place = after?.Place ?? "(0,0)", most };
        return (await connection.QueryAsync<KeptRow>(new CommandDefinition(Sql.Of<QuarantineTable>("kept_look"), args, commandTimeout: 10, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
    }
}

/// <summary>Where a row lies in the quarantine.</summary>
public sealed record KeptPlace(long Batch, int Part, string Place);

public sealed record KeptRow
{
    public required long Batch { get; init; }
    public required int Part { get; init; }
    public required string Place { get; init; }
    /// <summary>deleted | changed | kept.</summary>
    public required string Action { get; init; }
    /// <summary>As it was named then, quoted.</summary>
    public required string Table { get; init; }
    public required string[] Columns { get; init; }
    /// <summary>Each as text, in the order of the columns.</summary>
    public required string?[] Values { get; init; }
    public required DateTimeOffset TakenAt { get; init; }
    /// <summary>When it came back; null while it lies there.</summary>
    public DateTimeOffset? RestoredAt { get; init; }
}
