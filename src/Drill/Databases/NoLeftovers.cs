using Dapper;

namespace HealingWorkers.Drill;

/// <summary>A database after healing: no transient or invalid index, no advisory lock, no session that stayed.</summary>
public static class NoLeftovers
{
    private const string Query =
        """
        SELECT 'transient index ' || c.oid::regclass::text
        FROM pg_class c WHERE c.relkind IN ('i', 'I') AND c.relname ~ '_cc(new|old)\d*$'
        UNION ALL
        SELECT 'invalid index ' || i.indexrelid::regclass::text
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relkind = 'i' AND NOT (i.indisvalid AND i.indisready AND i.indislive)
        UNION ALL
        SELECT format('advisory lock (%s, %s) of backend %s', l.classid, l.objid, l.pid)
        FROM pg_locks l
        WHERE l.locktype = 'advisory' AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
        UNION ALL
        SELECT format('backend %s (%s) %s: %s', a.pid, a.application_name, a.state, left(a.query, 80))
        FROM pg_stat_activity a
        WHERE a.datname = current_database() AND a.pid <> pg_backend_pid()
          AND a.backend_type IN ('client backend', 'parallel worker')
          AND a.application_name <> ALL (@expected)
        """;

    /// <summary>What is left over now, with sessions of the expected application names set aside.</summary>
    public static async Task<IReadOnlyList<string>> FindAsync(
        PgEndpoint server, string database, IReadOnlyCollection<string>? expected = null, CancellationToken ct = default)
    {
        await using var connection = await server.OpenAsync(database, ct);
        return (await connection.QueryAsync<string>(
            Sessions.Command(Query, new { expected = (expected ?? []).ToArray() }, ct))).AsList();
    }

    /// <summary>Gives sessions that are ending a moment, then demands that nothing is left.</summary>
    public static async Task AssertAsync(
        PgEndpoint server,
        string database,
        IReadOnlyCollection<string>? expected = null,
        TimeSpan? patience = null,
        CancellationToken ct = default)
    {
        IReadOnlyList<string> left = [];
        try
        {
            await Poll.UntilAsync(
                async token => (left = await FindAsync(server, database, expected, token)).Count == 0,
                patience ?? TimeSpan.FromSeconds(5), "nothing left over", ct);
        }
        catch (TimeoutException e)
        {
            throw new InvalidOperationException($"Left over in {database}:\n{string.Join('\n', left)}", e);
        }
    }
}
