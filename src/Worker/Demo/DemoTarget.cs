using Dapper;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Worker.Embedded;
using Npgsql;

namespace HealingWorkers.Worker.Demo;

/// <summary>A database of movies, in a private server of its own, that is there to be damaged.</summary>
internal sealed class DemoTarget : IAsyncDisposable
{
    public const string Name = "movies";
    private readonly EmbeddedServer _server;

    private DemoTarget(EmbeddedServer server, bool isNew) => (_server, IsNew) = (server, isNew);

    public string ConnectionString => _server.ConnectionString;
    public string DataDirectory => _server.DataDirectory;
    /// <summary>False where an earlier run has left it.</summary>
    public bool IsNew { get; }

    public static async Task<DemoTarget> OpenAsync(HealingOptions options, TimeProvider clock, CancellationToken cancel)
    {
        var binaries = await PgBinaries.FindAsync(options.Control.PostgresDirectory, cancel).ConfigureAwait(false);
        var server = await EmbeddedServer.OpenAsync(new EmbeddedOptions(Path.Combine(options.StateDirectory, "demo"), binaries, Name, Name), clock, cancel).ConfigureAwait(false);
        try
        {
            await using var connection = await OpenAsync(server.ConnectionString, cancel).ConfigureAwait(false);
            var exists = await connection.ExecuteScalarAsync<bool>(Command("movies_exist", cancel)).ConfigureAwait(false);
            if (!exists)
            {
                await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
                await connection.ExecuteAsync(Command("movies", cancel, transaction)).ConfigureAwait(false);
                await transaction.CommitAsync(cancel).ConfigureAwait(false);
            }
            return new DemoTarget(server, !exists);
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Zeroes a leaf of the index on disk while the server is down, so that no copy in memory hides it.</summary>
    public async Task<long> DamageAsync(CancellationToken cancel)
    {
        string file;
        await using (var connection = await OpenAsync(ConnectionString, cancel).ConfigureAwait(false))
        {
            file = Path.Combine(DataDirectory, (await connection.ExecuteScalarAsync<string>(Command("index_file", cancel)).ConfigureAwait(false))!);
        }
        long block = 0;
        await _server.WhileStoppedAsync(() => Task.FromResult(block = IndexWrecker.ZeroLeaf(file)), cancel).ConfigureAwait(false);
        return block;
    }

    /// <summary>What amcheck says of the index when asked directly: null when it is content.</summary>
    public async Task<string?> ComplaintAsync(CancellationToken cancel)
    {
        try
        {
            await using var connection = await OpenAsync(ConnectionString, cancel).ConfigureAwait(false);
            await connection.ExecuteAsync(Command("index_state", cancel)).ConfigureAwait(false);
            return null;
        }
        catch (PostgresException e)
        {
            return e.MessageText;
        }
    }

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    // Not pooled: the server is stopped and started under them.
    private static async Task<NpgsqlConnection> OpenAsync(string connectionString, CancellationToken cancel)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, ApplicationName = "healing demonstration" }.ConnectionString);
        await connection.OpenAsync(cancel).ConfigureAwait(false);
        return connection;
    }

    private static CommandDefinition Command(string name, CancellationToken cancel, NpgsqlTransaction? transaction = null) =>
        new(Sql.Of<DemoTarget>(name), transaction: transaction, cancellationToken: cancel);
}
