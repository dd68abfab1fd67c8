using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>
/// A repair needs a session of its own: locks and settings must be there at the next statement. A proxy gives itself away by a
/// backend key that is not the backend's pid; that it shares sessions, by giving ours to a second client.
/// </summary>
internal static class Proxy
{
    private const int Rounds = 5;

    public static async Task RefuseAsync(NpgsqlConnection connection, string connectionString, string target, CancellationToken cancel)
    {
        var backend = await PidAsync(connection, cancel).ConfigureAwait(false);
        if (backend == connection.ProcessID)
        {
            return;
        }
        await using var second = new NpgsqlConnection(connectionString);
        await second.OpenAsync(cancel).ConfigureAwait(false);
        for (var round = 0; round < Rounds; round++)
        {
            if (await PidAsync(second, cancel).ConfigureAwait(false) == backend || await PidAsync(connection, cancel).ConfigureAwait(false) != backend)
            {
                throw new HealingException(
                    $"target {target} is reached through a proxy that pools transactions; a repair needs a session of its own",
                    "Give connections.repair of the target an address of the server itself, or a pool in session mode.");
            }
        }
    }

    private static async Task<int> PidAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of(typeof(Proxy), "backend_pid"), connection);
        return (int)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
    }
}
