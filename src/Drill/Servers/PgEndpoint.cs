using Dapper;
using Npgsql;

namespace HealingWorkers.Drill;

/// <summary>A server of the kit and the sessions to it: what a cluster and its standby have in common.</summary>
public abstract class PgEndpoint(PgClusterOptions options, PgServer server, string password)
{
    private const string IndexCorrupted = "XX002";

    public PgClusterOptions Options { get; } = options;

    public PgServer Server { get; } = server;

    /// <summary>Of the superuser `postgres`, asked for over TCP only.</summary>
    public string Password { get; } = password;

    public int Port { get; private set; }

    public string DataDirectory => Server.DataDirectory;

    public string SocketDirectory => Server.Directory;

    public string Log => Server.Log;

    public async Task StartAsync(CancellationToken ct = default)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await Server.StartAsync(ct);
                return;
            }
            catch (InvalidOperationException e)
                when (attempt < 4 && e.Message.Contains("could not bind", StringComparison.Ordinal))
            {
                await TakePortAsync(ct);
            }
        }
    }

    public Task StopAsync(StopMode mode = StopMode.Fast, CancellationToken ct = default) => Server.StopAsync(mode, ct);

    public Task RestartAsync(StopMode mode = StopMode.Fast, CancellationToken ct = default) => Server.RestartAsync(mode, ct);

    public Task KillAsync(CancellationToken ct = default) => Server.KillAsync(ct);

    public void Freeze() => Server.Freeze();

    public void Thaw() => Server.Thaw();

    /// <summary>Over the socket, where every user is trusted.</summary>
    public string ConnectionString(string database, string? user = null) => new NpgsqlConnectionStringBuilder
    {
        Host = SocketDirectory,
        Port = Port,
        Database = database,
        Username = user ?? "postgres",
    }.ConnectionString;

    /// <summary>Over loopback TCP, where a password is asked for.</summary>
    public string TcpConnectionString(string database, string? user = null, string? password = null) =>
        new NpgsqlConnectionStringBuilder
        {
            Host = "127.0.0.1",
            Port = Port,
            Database = database,
            Username = user ?? "postgres",
            Password = password ?? Password,
        }.ConnectionString;

    /// <summary>A superuser's session outside every pool, so that closing it ends its backend.</summary>
    public Task<NpgsqlConnection> OpenAsync(string database, CancellationToken ct = default) =>
        Sessions.OpenAsync(ConnectionString(database), ct);

    public async Task<int> ExecuteAsync(string database, string sql, object? arguments = null, CancellationToken ct = default)
    {
        await using var connection = await OpenAsync(database, ct);
        return await connection.ExecuteAsync(Sessions.Command(sql, arguments, ct));
    }

    public async Task<T?> ScalarAsync<T>(string database, string sql, object? arguments = null, CancellationToken ct = default)
    {
        await using var connection = await OpenAsync(database, ct);
        return await connection.ExecuteScalarAsync<T>(Sessions.Command(sql, arguments, ct));
    }

    public async Task<IReadOnlyList<T>> QueryAsync<T>(
        string database, string sql, object? arguments = null, CancellationToken ct = default)
    {
        try
        {
            await using var connection = await OpenAsync(database, ct);
            return (await connection.QueryAsync<T>(Sessions.Command(sql, arguments, ct))).AsList();
        }
        catch (PostgresException e) when (e.SqlState == IndexCorrupted)
        {
            // if it is an index of the catalogue that is damaged, the tables answer without it
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString(database)) { Options = "-c ignore_system_indexes=on", Pooling = false }.ConnectionString);
            await connection.OpenAsync(ct);
            return (await connection.QueryAsync<T>(Sessions.Command(sql, arguments, ct))).AsList();
        }
    }

    protected async Task TakePortAsync(CancellationToken ct)
    {
        Port = FreePort.Pick();
        await PgConfiguration.WriteAsync(DataDirectory, SocketDirectory, Port, Options, ct);
    }
}
