using HealingWorkers.Drill;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Worker.Drills;

/// <summary>A server for ledgers alone: each case has one of its own, since they all break the same objects.</summary>
internal sealed class DrillLedger : IAsyncDisposable
{
    private const string Template = "ledger";
    private readonly PgCluster _cluster;
    private int _number;

    private DrillLedger(PgCluster cluster) => _cluster = cluster;

    public static async Task<DrillLedger> StartAsync(TimeProvider clock, CancellationToken cancel)
    {
        var cluster = await PgCluster.StartNewAsync(new PgClusterOptions { Tcp = false }, cancel).ConfigureAwait(false);
        try
        {
            await cluster.CreateDatabaseAsync(Template, ct: cancel).ConfigureAwait(false);
            await new Migrator(Unpooled(cluster.ConnectionString(Template)), clock).MigrateAsync(null, cancel).ConfigureAwait(false);
            return new(cluster);
        }
        catch
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The connection string of a new, empty ledger.</summary>
    public async Task<string> NewAsync(CancellationToken cancel)
    {
        var name = $"{Template}{Interlocked.Increment(ref _number)}";
        await _cluster.ExecuteAsync("postgres", $"CREATE DATABASE {name} TEMPLATE {Template}", ct: cancel).ConfigureAwait(false);
        return Calm(_cluster.ConnectionString(name));
    }

    public async Task DropAsync(string connection, CancellationToken cancel) =>
        await _cluster.ExecuteAsync("postgres", $"DROP DATABASE IF EXISTS {new NpgsqlConnectionStringBuilder(connection).Database} WITH (FORCE)", ct: cancel).ConfigureAwait(false);

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    /// <summary>A machine that stands still for a while says nothing of the healing.</summary>
    private static string Calm(string connection) => new NpgsqlConnectionStringBuilder(connection) { Timeout = 120, Options = "-c idle_in_transaction_session_timeout=5min" }.ConnectionString;

    private static string Unpooled(string connection) => new NpgsqlConnectionStringBuilder(connection) { Pooling = false }.ConnectionString;
}
