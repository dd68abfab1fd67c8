using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A backend whose client was killed would work on for hours; it is told to look now and then whether somebody still listens.</summary>
internal static class SessionLife
{
    private const string InvalidValue = "22023";

    /// <summary>A session for checks that is told so, or none.</summary>
    public static async Task<NpgsqlConnection> OpenAsync(Target target, CancellationToken cancel)
    {
        var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        try
        {
            await NoticeLostClientAsync(connection, cancel).ConfigureAwait(false);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public static async Task NoticeLostClientAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        try
        {
            await using var command = new NpgsqlCommand(Sql.Of<ICheck>("notice_lost_client"), connection);
            await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == InvalidValue)
        {
            // a server on a system without that; statement_timeout remains
        }
    }
}
