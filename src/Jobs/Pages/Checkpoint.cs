using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Pages;

/// <summary>Has the server write what is in its cache, where the role may ask for that (pg_checkpoint from PostgreSQL 15 on).</summary>
public static class Checkpoint
{
    public static async Task<bool> TryAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        try
        {
            await using var command = new NpgsqlCommand("CHECKPOINT", connection) { CommandTimeout = 600 };
            await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            return false;
        }
    }
}
