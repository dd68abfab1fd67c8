using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Empties a target's quarantine of what is older than its time, in small pieces.</summary>
public static class QuarantineSweep
{
    private const int Most = 5000;

    /// <summary>How many rows went.</summary>
    /// <param name="keep">Incidents whose rows stay, however old.</param>
    public static async Task<long> RunAsync(NpgsqlConnection connection, string ledger, IReadOnlyList<long> keep, TimeSpan age, CancellationToken cancel)
    {
        if (!await QuarantineSchema.IsThereAsync(connection, cancel).ConfigureAwait(false))
        {
            return 0;
        }
        var gone = 0L;
        foreach (var batch in (await connection.QueryAsync<long>(Command("kept_expired", new { ledger, age, keep = keep.ToArray() }, cancel)).ConfigureAwait(false)).AsList())
        {
            int piece;
            do
            {
                piece = await connection.ExecuteAsync(Command("kept_sweep", new { batch, most = Most }, cancel)).ConfigureAwait(false);
                gone += piece;
            }
            while (piece == Most);
            await connection.ExecuteAsync(Command("kept_swept", new { batch }, cancel)).ConfigureAwait(false);
        }
        return gone;
    }

    /// <summary>Rows in the quarantine, of every ledger; none where there is no quarantine.</summary>
    public static async Task<long> CountAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        await QuarantineSchema.IsThereAsync(connection, cancel).ConfigureAwait(false)
            ? await connection.ExecuteScalarAsync<long>(Command("kept_rows", new { }, cancel)).ConfigureAwait(false) : 0;

    private static CommandDefinition Command(string query, object args, CancellationToken cancel) =>
        new(Sql.Of<QuarantineTable>(query), args, commandTimeout: 0, cancellationToken: cancel);
}
