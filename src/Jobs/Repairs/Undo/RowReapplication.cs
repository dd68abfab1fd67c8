using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Undoes an undo: what batches did is done again to the same rows, if they are still what came back, and kept in a new batch.</summary>
public sealed class RowReapplication(RepairSession session, StatementLog log)
{
    private readonly NpgsqlConnection _connection = session.Connection;

    public async Task<QuarantineBatch> RunAsync(Incident incident, IReadOnlyList<KeptBatch> batches, string why, CancellationToken cancel)
    {
        await using var batch = await QuarantineBatch.OpenAsync(session, incident, batches[0].Repair, why, log, cancel).ConfigureAwait(false);
        foreach (var before in batches.OrderBy(b => b.First).ThenBy(b => b.Id))
        {
            if (before.SweptAt is { } swept)
            {
                throw PartMapping.Refusal($"which rows batch {before.Id} took is no longer known: they were removed from quarantine {swept:u}, when their time was over");
            }
            foreach (var part in (await QuarantineStore.PartsAsync(_connection, before.Id, cancel).ConfigureAwait(false)).Where(p => p.WasAsked))
            {
                await WatchedAsync(batch, part, cancel).ConfigureAwait(false);
            }
        }
        await QuarantineStore.ReplacedAsync(_connection, batches, batch.Id, cancel).ConfigureAwait(false);
        return batch;
    }

    /// <summary>Of a row that this very transaction has written, a server looks at every key again, those too that never held.</summary>
    private async Task WatchedAsync(QuarantineBatch batch, KeptPart part, CancellationToken cancel)
    {
        try
        {
            await AgainAsync(batch, part, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == SqlState.ForeignKeyViolation)
        {
            throw PartMapping.Refusal($"rows of {part.SchemaName}.{part.TableName} that refer to nothing were changed more than once, which the foreign key {e.ConstraintName} does not let one transaction do: the next check finds what is still wrong", e);
        }
    }

    private async Task AgainAsync(QuarantineBatch batch, KeptPart part, CancellationToken cancel)
    {
        if (part.Action == "kept")
        {
            throw PartMapping.Refusal($"what was done to {part.SchemaName}.{part.TableName} was done beside the server's own statements and is not done again by itself; the next check finds what is still wrong");
        }
        // a column that is added after this is read would go with the row and be kept by nobody
        var named = await PartMapping.OfAsync(_connection, part, cancel).ConfigureAwait(false);
        await _connection.ExecuteAsync(new CommandDefinition($"LOCK TABLE ONLY {named.Table.Quoted} IN ROW EXCLUSIVE MODE", cancellationToken: cancel)).ConfigureAwait(false);
        var mapping = await PartMapping.OfAsync(_connection, part, cancel).ConfigureAwait(false);
        mapping.RequireValues();
        var found = await RowFinder.FindAsync(_connection, mapping, after: false, [.. mapping.Written], cancel).ConfigureAwait(false);
        if (found.Count(r => r.Now is null || !r.IsSame) is > 0 and var other)
        {
            throw PartMapping.Refusal($"{other} of the {part.Rows} rows of {mapping.Table.Quoted} that came back have been changed or are gone since");
        }
        var done = part.Action == "deleted" ? await batch.DeleteAsync(mapping.Table, [.. found.Select(r => r.Now!)], cancel).ConfigureAwait(false)
            : await ChangeAsync(batch, mapping, found, cancel).ConfigureAwait(false);
        if (done != part.Rows)
        {
            throw PartMapping.Refusal($"{part.Rows} rows of {mapping.Table.Quoted} were to be {part.Action} again and {done} were");
        }
    }

    /// <summary>Rows that became the same are changed together.</summary>
    private async Task<long> ChangeAsync(QuarantineBatch batch, PartMapping mapping, IReadOnlyList<FoundRow> found, CancellationToken cancel)
    {
        var set = mapping.Set.ToList();
        var became = await _connection.QueryAsync<(string Place, string[] Literals)>(new CommandDefinition(
            $"SELECT r.place::text, ARRAY[{string.Join(", ", set.Select(c => $"pg_catalog.quote_nullable({c.Kept(after: true)})"))}]::text[] FROM {mapping.Rows}", commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        var now = found.ToDictionary(f => f.Place, f => f.Now!, StringComparer.Ordinal);
        var done = 0L;
        foreach (var group in became.GroupBy(b => string.Join(", ", b.Literals), StringComparer.Ordinal))
        {
            var literals = group.First().Literals;
            done += await batch.ChangeAsync(mapping.Table, [.. group.Select(b => now[b.Place])],
                set.Select((c, i) => (c.Now.Quoted, Value: $"{literals[i]}{(c.Now.Cast == "::pg_catalog.oid" ? c.Now.Cast : "")}::{c.Now.Type}")).ToDictionary(s => s.Quoted, s => s.Value, StringComparer.Ordinal), cancel).ConfigureAwait(false);
        }
        return done;
    }
}
