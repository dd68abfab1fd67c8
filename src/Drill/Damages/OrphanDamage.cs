using Dapper;

namespace HealingWorkers.Drill;

/// <summary>Rows that a foreign key forbids: the key stays and is called valid.</summary>
public sealed class OrphanDamage(RelationEditor editor)
{
    /// <summary>Runs statements with the keys' triggers asleep, as a replication apply does. Gives the number of rows changed.</summary>
    public async Task<int> WithoutTriggersAsync(string sql, CancellationToken ct = default)
    {
        await using var connection = await editor.Cluster.OpenAsync(editor.Database, ct);
        return await connection.ExecuteAsync(Sessions.Command($"SET session_replication_role = replica; {sql}", null, ct));
    }

    /// <summary>Deletes parents and leaves their children behind.</summary>
    public Task<int> DeleteParentsAsync(string parent, string condition, CancellationToken ct = default) =>
        WithoutTriggersAsync($"DELETE FROM ONLY {parent} WHERE {condition}", ct);
}
