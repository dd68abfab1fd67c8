using System.Diagnostics;
using Dapper;
using HealingWorkers.Drill;
using Npgsql;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>A server that was started from what a restore made.</summary>
internal sealed class Revived : IAsyncDisposable
{
    private readonly string _data;
    private readonly string _socket;
    private readonly int _port = FreePort.Pick();

    private Revived(string data)
    {
        _data = data;
        _socket = Directory.CreateTempSubdirectory("hwr-").FullName;
        ServerUser.Current.Own(_socket);
    }

    public static async Task<Revived> StartAsync(string data)
    {
        var revived = new Revived(data);
        await File.AppendAllTextAsync(Path.Combine(data, "postgresql.auto.conf"), $"port = {revived._port}\nlisten_addresses = ''\nunix_socket_directories = '{revived._socket}'\nfsync = off\n");
        using var process = Process.Start(ServerUser.Current.Command(PgBinaries.Default["pg_ctl"], "-D", data, "-w", "-t", "60", "-l", Path.Combine(revived._socket, "log"), "start"))!;
        await process.WaitForExitAsync();
        await Poll.UntilAsync(async _ => process.ExitCode != 0 || !await revived.RecoveringAsync(), TimeSpan.FromSeconds(30), "the end of the recovery");
        return process.ExitCode == 0 ? revived : throw new InvalidOperationException(await File.ReadAllTextAsync(Path.Combine(revived._socket, "log")));
    }

    public async Task<NpgsqlConnection> OpenAsync(string database)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder { Host = _socket, Port = _port, Database = database, Username = "postgres", Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    public async Task<T> ScalarAsync<T>(string database, string sql)
    {
        await using var connection = await OpenAsync(database);
        return (await connection.ExecuteScalarAsync<T>(sql))!;
    }

    public async ValueTask DisposeAsync()
    {
        using var process = Process.Start(ServerUser.Current.Command(PgBinaries.Default["pg_ctl"], "-D", _data, "-w", "-m", "immediate", "stop"))!;
        await process.WaitForExitAsync();
        Directory.Delete(_socket, recursive: true);
    }

    private Task<bool> RecoveringAsync() => ScalarAsync<bool>("postgres", "SELECT pg_is_in_recovery()");
}
