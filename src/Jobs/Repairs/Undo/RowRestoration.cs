using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// Brings back what batches took, the newest first, within the caller's transaction: whole rows by one statement a step, changed rows to what
/// they were. Every value is read back and compared; what came since is never overwritten.
/// </summary>
/// <param name="broken">Foreign keys, by oid, that rows were found to break before any repair: these may be broken again.</param>
public sealed class RowRestoration(NpgsqlConnection connection, StatementLog log, IReadOnlySet<long>? broken = null)
{
    private const string Savepoint = "healing_undo";
    private long _rows;

    public async Task<RestoredRows> RunAsync(IReadOnlyList<KeptBatch> batches, string actor, CancellationToken cancel)
    {
        await QuarantineSchema.EnsureAsync(connection, cancel).ConfigureAwait(false);
        await DoAsync("SET CONSTRAINTS ALL IMMEDIATE", cancel).ConfigureAwait(false);
        await DoAsync($"SAVEPOINT {Savepoint}", cancel).ConfigureAwait(false);
        string? without = null;
        var logged = log.Sent.Count;
        try
        {
            await AllAsync(batches, replica: false, cancel).ConfigureAwait(false);
        }
        catch (ObjectionException objection)
        {
            await DoAsync($"ROLLBACK TO SAVEPOINT {Savepoint}", cancel).ConfigureAwait(false);
            without = objection.Message;
            log.Cut(logged);
            await RequireReplicaAsync(objection, cancel).ConfigureAwait(false);
            await AtRestAsync(batches, cancel).ConfigureAwait(false);
            await DoAsync("SET LOCAL session_replication_role = origin", cancel).ConfigureAwait(false);
            await new ReturnedKeys(connection, broken ?? new HashSet<long>()).RequireAsync(await PartsAsync(batches, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        }
        await QuarantineStore.UndoneAsync(connection, batches, actor, cancel).ConfigureAwait(false);
        return new(_rows, without);
    }

    private async Task AllAsync(IReadOnlyList<KeptBatch> batches, bool replica, CancellationToken cancel)
    {
        _rows = 0;
        foreach (var batch in batches.OrderByDescending(b => b.First).ThenByDescending(b => b.Id))
        {
            if (batch.SweptAt is { } swept)
            {
                throw PartMapping.Refusal($"the rows of batch {batch.Id} were removed from quarantine {swept:u}, when their time was over");
            }
            if (await QuarantineStore.ChangedAsync(connection, batch, cancel).ConfigureAwait(false) is { } changed)
            {
                throw PartMapping.Refusal($"{changed}: somebody wrote to the quarantine");
            }
            var parts = await QuarantineStore.PartsAsync(connection, batch.Id, cancel).ConfigureAwait(false);
            foreach (var step in parts.GroupBy(p => p.Step).OrderByDescending(s => s.Key))
            {
                await StepAsync([.. step], replica, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task<IReadOnlyList<KeptPart>> PartsAsync(IReadOnlyList<KeptBatch> batches, CancellationToken cancel)
    {
        var parts = new List<KeptPart>();
        foreach (var batch in batches)
        {
            parts.AddRange(await QuarantineStore.PartsAsync(connection, batch.Id, cancel).ConfigureAwait(false));
        }
        return parts;
    }

    private async Task AtRestAsync(IReadOnlyList<KeptBatch> batches, CancellationToken cancel)
    {
        try
        {
            await AllAsync(batches, replica: true, cancel).ConfigureAwait(false);
        }
        catch (ObjectionException objection)
        {
            throw PartMapping.Refusal(objection.Message, objection);
        }
    }

    private async Task StepAsync(IReadOnlyList<KeptPart> parts, bool replica, CancellationToken cancel)
    {
        var inserts = new List<RowInsert>();
        foreach (var part in parts.Where(p => p.Action != "changed"))
        {
            var mapping = await MapAsync(part, RowAction.Insert, replica, cancel).ConfigureAwait(false);
            inserts.Add(await RowInsert.OfAsync(connection, mapping, cancel).ConfigureAwait(false));
        }
        await RunAsync(() => RowInsert.RunAsync(connection, inserts, log, cancel), cancel).ConfigureAwait(false);
        foreach (var part in parts.Where(p => p.Action == "changed").OrderByDescending(p => p.Part))
        {
            var mapping = await MapAsync(part, RowAction.Update, replica, cancel).ConfigureAwait(false);
            var found = await RowReturn.FindAsync(connection, mapping, cancel).ConfigureAwait(false);
            await RunAsync(() => RowReturn.RunAsync(connection, mapping, found, log, cancel), cancel).ConfigureAwait(false);
        }
    }

    private async Task<PartMapping> MapAsync(KeptPart part, RowAction action, bool replica, CancellationToken cancel)
    {
        var mapping = await PartMapping.OfAsync(connection, part, cancel).ConfigureAwait(false);
        return await TableObstacles.OfAsync(connection, part.Relation, action, cancel, replica).ConfigureAwait(false) is { Count: > 0 } said
            ? throw new ObjectionException(string.Join("; ", said)) : mapping;
    }

    /// <summary>Defaults, checks and generated columns get the path that they were written for.</summary>
    private async Task RunAsync(Func<Task<long>> work, CancellationToken cancel)
    {
        try
        {
            await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
            _rows += await work().ConfigureAwait(false);
            await SearchPath.UseOursAsync(connection, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == SqlState.ForeignKeyViolation)
        {
            throw new ObjectionException($"the foreign key {e.ConstraintName} does not hold for rows of {e.SchemaName}.{e.TableName} ({e.Detail})", e);
        }
        catch (PostgresException e) when (e.SqlState.StartsWith("23", StringComparison.Ordinal) || e.SqlState.StartsWith("22", StringComparison.Ordinal))
        {
            throw PartMapping.Refusal($"rows cannot come back: {e.MessageText}{(e.Detail is null ? "" : $" ({e.Detail})")}", e);
        }
    }

    /// <summary>Only with its triggers at rest does a server take a row that refers to nothing.</summary>
    private async Task RequireReplicaAsync(ObjectionException objection, CancellationToken cancel)
    {
        try
        {
            await DoAsync("SET LOCAL session_replication_role = replica", cancel).ConfigureAwait(false);
            log.Add("SET LOCAL session_replication_role = replica");
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            throw new HealingException($"{objection.Message}; they could come back only with triggers and keys at rest (session_replication_role = replica), which this role may not set",
                connection.PostgreSqlVersion.Major >= 15 ? $"GRANT SET ON PARAMETER session_replication_role TO {connection.UserName}; or undo it as a superuser." : "Undo it as a superuser.", e);
        }
    }

    private Task DoAsync(string sql, CancellationToken cancel) => connection.ExecuteAsync(new CommandDefinition(sql, commandTimeout: 0, cancellationToken: cancel));

    private sealed class ObjectionException(string message, Exception? inner = null) : Exception(message, inner);
}

/// <param name="Without">Why keys and triggers had to be at rest for it; null when all of them were watched.</param>
public sealed record RestoredRows(long Rows, string? Without);
