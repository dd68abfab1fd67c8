using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>A repair writes, so it goes to the primary, and to the very database that was looked at.</summary>
internal static class Primary
{
    public static async Task RequireAsync(NpgsqlConnection connection, string target, TargetFacts looked, CancellationToken cancel)
    {
        var now = await TargetFactsReader.ReadAsync(connection, cancel).ConfigureAwait(false);
        if (now.IsStandby)
        {
            throw new HealingException(
                $"target {target} is a standby, which cannot be repaired",
                "Name the primary in the connection string (Host=db1,db2 finds it); the repair reaches the standby by replication.");
        }
        if (now.Id != looked.Id)
        {
            throw new HealingException(
                $"target {target}: the repair connection leads to another database than the check connection",
                "Make connections.check and connections.repair name the same server and database.");
        }
    }
}
