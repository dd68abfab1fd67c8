using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>
/// Our sessions see pg_catalog alone, or an operator or function that somebody made in a schema of the database could be taken for
/// the server's and would run with our rights. Functions in indexes were written for the database's own path: they get it, and
/// nothing else runs meanwhile; the server runs them as the owner of their table.
/// </summary>
public static class SearchPath
{
    /// <summary>As a start-up option, so that the client library's own queries are safe as well.</summary>
    internal const string Ours = "-c search_path=pg_catalog,pg_temp";

    /// <summary>The path that a session of this role has in this database when it does not ask for another.</summary>
    public static Task UseTheirsAsync(NpgsqlConnection connection, CancellationToken cancel) => SendAsync(connection, Sql.Of(typeof(SearchPath), "their_path"), cancel);

    public static Task UseOursAsync(NpgsqlConnection connection, CancellationToken cancel) => SendAsync(connection, "SET search_path = pg_catalog, pg_temp", cancel);

    private static async Task SendAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
    }
}
