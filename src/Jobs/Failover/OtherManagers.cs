using Dapper;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Failover;

/// <summary>Programs beside us that promote by themselves. Two that decide who is primary are none: beside one of them we only watch.</summary>
internal static class OtherManagers
{
    private static readonly (string Name, string File)[] Files = [("Patroni", "patroni.dynamic.json"), ("Patroni", "postgresql.base.conf"), ("Stolon", "stolon-temporary-postgresql.conf"), ("repmgr", "repmgr.conf")];

    /// <returns>"Patroni (a session calls itself patroni)"; null where there is none to be seen.</returns>
    public static async Task<string?> FindAsync(NpgsqlConnection connection, IEnumerable<string> dataDirectories, CancellationToken cancel)
    {
        foreach (var directory in dataDirectories.Where(d => d.Length > 0))
        {
            if (Files.FirstOrDefault(f => File.Exists(Path.Combine(directory, f.File))) is { Name: not null } found)
            {
                return $"{found.Name} ({found.File} lies in {directory})";
            }
        }
        var sign = await connection.QueryFirstOrDefaultAsync<Sign>(new CommandDefinition(Sql.Of<FailoverLedger>("other_managers"), cancellationToken: cancel)).ConfigureAwait(false);
        return sign is null ? null : $"{sign.Name} ({sign.Text})";
    }

    private sealed record Sign
    {
        public required string Name { get; init; }
        public required string Text { get; init; }
    }
}
