using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>
/// Tells a data directory from a copy of it: a file that no server ever writes again has been where it is since then, and a copy, however
/// exact, since later. Only a copy of the whole volume has the same.
/// </summary>
internal static class DataDirectoryMark
{
    /// <summary>Null where the role may not look.</summary>
    public static async Task<DateTime?> OfAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        await connection.ExecuteScalarAsync<bool>(new CommandDefinition(Sql.Of(typeof(DataDirectoryMark), "directory_visible"), cancellationToken: cancel)).ConfigureAwait(false)
            ? await connection.ExecuteScalarAsync<DateTime?>(new CommandDefinition(Sql.Of(typeof(DataDirectoryMark), "directory_mark"), cancellationToken: cancel)).ConfigureAwait(false)
            : null;
}
