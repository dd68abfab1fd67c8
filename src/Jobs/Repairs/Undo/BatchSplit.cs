using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// Makes two batches of one, the chosen rows and the rest, each with hashes of its own, so that a few rows come back by the very same way as
/// all of them do. The whole stays as it was hashed: receipts name it.
/// </summary>
internal static class BatchSplit
{
    /// <returns>The batch with the chosen rows; the whole one where all are chosen.</returns>
    public static async Task<KeptBatch> RunAsync(NpgsqlConnection connection, string ledger, Incidents.Incident incident, KeptBatch whole, IReadOnlyList<ChosenRow> chosen, int attempt, string actor, CancellationToken cancel)
    {
        if (chosen.Count == whole.Rows)
        {
            return whole;
        }
        if (await QuarantineStore.ChangedAsync(connection, whole, cancel).ConfigureAwait(false) is { } changed)
        {
            throw PartMapping.Refusal($"{changed}: somebody wrote to the quarantine");
        }
        var piece = await PieceAsync(connection, whole, chosen, attempt, isChosen: true, cancel).ConfigureAwait(false);
        var rest = await PieceAsync(connection, whole, chosen, null, isChosen: false, cancel).ConfigureAwait(false);
        await connection.ExecuteAsync(Command("kept_split_done", new { batch = whole.Id, rest, actor }, cancel)).ConfigureAwait(false);
        var pieces = await QuarantineStore.BatchesAsync(connection, ledger, incident.Id, cancel, incident.OpenedAt).ConfigureAwait(false);
        var (taken, left) = (pieces.Single(b => b.Id == piece), pieces.Single(b => b.Id == rest));
        return taken.Rows == chosen.Count && taken.Rows + left.Rows == whole.Rows ? taken
            : throw PartMapping.Refusal($"batch {whole.Id} has {whole.Rows} rows, and its pieces {taken.Rows} and {left.Rows}");
    }

    private static async Task<long> PieceAsync(NpgsqlConnection connection, KeptBatch whole, IReadOnlyList<ChosenRow> chosen, int? attempt, bool isChosen, CancellationToken cancel)
    {
        var piece = await connection.ExecuteScalarAsync<long>(Command("kept_split", new { batch = whole.Id, attempt }, cancel)).ConfigureAwait(false);
        await connection.ExecuteAsync(Command("kept_split_parts", new { batch = whole.Id, piece }, cancel)).ConfigureAwait(false);
        await connection.ExecuteAsync(Command("kept_split_rows", new
        {
            batch = whole.Id, piece, chosen = isChosen, parts = chosen.Select(c => c.Part).ToArray(), places = chosen.Select(c => c.Place).ToArray(),
        }, cancel)).ConfigureAwait(false);
        foreach (var part in await QuarantineStore.PartsAsync(connection, whole.Id, cancel).ConfigureAwait(false))
        {
            await connection.ExecuteAsync(Command("quarantine_part_done", new { batch = piece, part = part.Part, statement = part.Statement }, cancel)).ConfigureAwait(false);
        }
        await connection.ExecuteAsync(Command("quarantine_batch_done", new { batch = piece }, cancel)).ConfigureAwait(false);
        return piece;
    }

    private static CommandDefinition Command(string query, object args, CancellationToken cancel) =>
        new(Sql.Of<QuarantineTable>(query), args, commandTimeout: 0, cancellationToken: cancel);
}
