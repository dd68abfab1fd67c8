using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A backend whose client was killed would work on for hours; it is told to look now and then whether somebody still listens.</summary>
internal static class SessionLife
{
    private const string InvalidValue = "22023";

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
