using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Drill;

namespace HealingWorkers.Integration.Tests.Ledger;

/// <summary>A migrated ledger in a database of its own, copied from a template; all of them in one cluster.</summary>
internal sealed class FreshLedger : IAsyncDisposable
{
    private const string Template = "ledger_template";
    private static readonly Lazy<Task<PgCluster>> Shared = new(StartAsync);
    private static readonly SemaphoreSlim OneCopy = new(1);
    private static int _number;

    private FreshLedger(PgCluster cluster, string database)
    {
        Cluster = cluster;
        Database = database;
        Db = CalmLedger.At(ConnectionString);
    }

    public PgCluster Cluster { get; }

    public string Database { get; }

    public string ConnectionString => Cluster.ConnectionString(Database);

    public LedgerDb Db { get; }

    public static Task<PgCluster> ClusterAsync() => Shared.Value;

    public static async Task<FreshLedger> CreateAsync()
    {
        var cluster = await ClusterAsync();
        return new FreshLedger(cluster, await CopyAsync(cluster, Template));
    }

    /// <summary>A database without any ledger.</summary>
    public static async Task<FreshLedger> CreateEmptyAsync()
    {
        var cluster = await ClusterAsync();
        return new FreshLedger(cluster, await CopyAsync(cluster, "template1"));
    }

    public Task<int> ExecuteAsync(string sql, object? arguments = null) => Cluster.ExecuteAsync(Database, sql, arguments);

    public Task<T?> ScalarAsync<T>(string sql, object? arguments = null) => Cluster.ScalarAsync<T>(Database, sql, arguments);

    public async ValueTask DisposeAsync()
    {
        await Db.DisposeAsync();
        await Cluster.ExecuteAsync("postgres", $"DROP DATABASE {Database} WITH (FORCE)");
    }

    private static async Task<string> CopyAsync(PgCluster cluster, string template)
    {
        var name = $"ledger_{Interlocked.Increment(ref _number)}";
        await OneCopy.WaitAsync();
        try
        {
            await cluster.ExecuteAsync("postgres", $"CREATE DATABASE {name} TEMPLATE {template}");
            return name;
        }
        finally
        {
            OneCopy.Release();
        }
    }

    private static async Task<PgCluster> StartAsync()
    {
        var cluster = await PgCluster.StartNewAsync(new PgClusterOptions
        {
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["fsync"] = "off", ["max_connections"] = "400" },
        });
        await cluster.CreateDatabaseAsync(Template);
        await new Migrator(cluster.ConnectionString(Template), TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        return cluster;
    }
}
