using Dapper;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Rows of a batch that is committed, compared with what is in the table: only what is kept may be worked on.</summary>
internal static class KeptRows
{
    /// <summary>How many rows a batch really keeps, read back after its transaction.</summary>
    public static Task<long> CountAsync(RepairSession session, long batch, CancellationToken cancel) =>
        session.Connection.ExecuteScalarAsync<long>(new CommandDefinition("SELECT count(*) FROM healing_quarantine.rows r WHERE r.batch = @batch", new { batch }, cancellationToken: cancel));

    /// <summary>These rows were copied and never taken out: nothing is to come back from them. The copies stay until their time is over.</summary>
    public static Task VoidAsync(RepairSession session, long batch, string why, CancellationToken cancel) =>
        session.Connection.ExecuteAsync(new CommandDefinition(Sql.Of<QuarantineTable>("kept_void"), new { batch, why }, cancellationToken: cancel));

    /// <summary>What an attempt before this one copied and, since it was broken off, did not take out: every row of it is in its place with the same values.</summary>
    public static async Task VoidUnchangedAsync(RepairSession session, QuarantineTable table, Incident incident, string repair, CancellationToken cancel)
    {
        foreach (var batch in (await QuarantineStore.BatchesAsync(session.Connection, session.Ledger, incident.Id, cancel, incident.OpenedAt).ConfigureAwait(false)).Where(b => b.InForce && b.Repair == repair && b.SweptAt is null))
        {
            if (await SameNowAsync(session, table, batch.Id, cancel).ConfigureAwait(false) == batch.Rows)
            {
                await VoidAsync(session, batch.Id, "broken off before any of these rows was taken out", cancel).ConfigureAwait(false);
            }
        }
    }

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
