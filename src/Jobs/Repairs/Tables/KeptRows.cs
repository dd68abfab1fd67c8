using Dapper;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Rows of a batch that is committed, compared with what is in the table: only what is kept may be worked on.</summary>
internal static class KeptRows
{
    /// <summary>How many rows a batch really keeps, read back after its transaction.</summary>
    public static Task<long> CountAsync(RepairSession session, long batch, CancellationToken cancel) =>
        session.Connection.ExecuteScalarAsync<long>(new CommandDefinition("SELECT count(*) FROM healing_quarantine.rows r WHERE r.batch = @batch", new { batch }, cancellationToken: cancel));

    /// <summary>How many of them are in the table at their places with the same values.</summary>
    public static async Task<long> SameAsync(RepairSession session, QuarantineTable table, long batch, CancellationToken cancel)
    {
        await using var reading = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        return await SameNowAsync(session, table, batch, cancel).ConfigureAwait(false);
    }

    /// <summary>The same within the caller's transaction.</summary>
    public static async Task<long> SameNowAsync(RepairSession session, QuarantineTable table, long batch, CancellationToken cancel)
    {
        await QuarantineSchema.UseSettingsAsync(session.Connection, cancel).ConfigureAwait(false);
        return await session.Connection.ExecuteScalarAsync<long>(new CommandDefinition(
            $"SELECT count(*) FROM healing_quarantine.rows r JOIN ONLY {table.Quoted} t ON t.ctid = r.place WHERE r.batch = @batch AND r.vals = {table.Values}",
            new { batch }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
    }
}
