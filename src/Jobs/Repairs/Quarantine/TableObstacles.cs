using Dapper;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// A domain that says no: what would keep a repair from doing exactly what it says to the rows of a table, each by name. Triggers, rules,
/// row security, publications that the replica identity does not go with, foreign tables, an extension's own tables, missing rights.
/// </summary>
public static class TableObstacles
{
    /// <summary>Empty where the way is open.</summary>
    /// <param name="replica">Judged for a session whose session_replication_role is replica, where ordinary triggers keep still.</param>
    public static async Task<IReadOnlyList<string>> OfAsync(NpgsqlConnection connection, long table, RowAction action, CancellationToken cancel, bool replica = false) =>
        (await connection.QueryAsync<string>(new CommandDefinition(Sql.Of<QuarantineTable>("quarantine_obstacles"),
            new { oid = table, @event = (int)action, fires_in = replica ? "R" : "O" }, cancellationToken: cancel)).ConfigureAwait(false)).AsList();

    internal static async Task RequireNoneAsync(NpgsqlConnection connection, QuarantineTable table, RowAction action, CancellationToken cancel, bool replica = false)
    {
        if (await OfAsync(connection, table.Oid, action, cancel, replica).ConfigureAwait(false) is { Count: > 0 } said)
        {
            throw new HealingException(string.Join("; ", said), "Nothing was changed. A person decides what is to be done with it.");
        }
    }
}
