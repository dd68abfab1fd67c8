using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Dashboard;

/// <summary>One server for all ledgers and targets of these tests; each test takes databases of its own.</summary>
[SetUpFixture]
public sealed class DashCluster
{
    private static int _databases;
    private static PgCluster? _cluster;

    public static PgCluster Cluster => _cluster ?? throw new InvalidOperationException("No cluster yet.");

    [OneTimeSetUp]
    public async Task StartAsync() => _cluster = await PgCluster.StartNewAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await Cluster.DisposeAsync();

    public static async Task<string> DatabaseAsync(string kind)
    {
        var name = $"{kind}{Interlocked.Increment(ref _databases)}";
        await Cluster.CreateDatabaseAsync(name);
        return Cluster.TcpConnectionString(name);
    }

    public static async Task<string> LedgerAsync()
    {
        var connection = await DatabaseAsync("ledger");
        await new Migrator(connection, TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        return connection;
    }
}
