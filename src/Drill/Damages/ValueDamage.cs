using Dapper;

namespace HealingWorkers.Drill;

/// <summary>Values that a CHECK forbids: the constraint stays and is called valid.</summary>
public sealed class ValueDamage(RelationEditor editor)
{
    /// <summary>Runs statements while a CHECK constraint is away, and puts it back as if it had seen them.</summary>
    public async Task<int> WithoutCheckAsync(string table, string constraint, string sql, CancellationToken ct = default)
    {
        await using var connection = await editor.Cluster.OpenAsync(editor.Database, ct);
        await using var transaction = await connection.BeginTransactionAsync(ct);
        var definition = await connection.ExecuteScalarAsync<string>(Sessions.Command(
            "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = @table::regclass AND conname = @constraint AND contype = 'c'",
            new { table, constraint }, ct)) ?? throw new InvalidOperationException($"{table} has no CHECK constraint {constraint}.");
        var name = Quote.Identifier(constraint);
        await connection.ExecuteAsync($"ALTER TABLE {table} DROP CONSTRAINT {name}");
        var changed = await connection.ExecuteAsync(Sessions.Command(sql, null, ct));
        await connection.ExecuteAsync($"ALTER TABLE {table} ADD CONSTRAINT {name} {definition.Replace(" NOT VALID", "", StringComparison.Ordinal)} NOT VALID");
        await connection.ExecuteAsync(
            "UPDATE pg_constraint SET convalidated = true WHERE conrelid = @table::regclass AND conname = @constraint", new { table, constraint });
        await transaction.CommitAsync(ct);
        return changed;
    }
}
