using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Drill;

/// <summary>One server for all tests of the kit; each takes a database of its own.</summary>
[SetUpFixture]
public sealed class KitCluster
{
    private static int _databases;
    private static PgCluster? _cluster;

    public static PgCluster Cluster => _cluster ?? throw new InvalidOperationException("No cluster yet.");

    [OneTimeSetUp]
    public async Task StartAsync() => _cluster = await PgCluster.StartNewAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await Cluster.DisposeAsync();

    /// <summary>A new movies database with amcheck.</summary>
    public static async Task<string> MoviesAsync(int rows = MoviesSchema.DefaultRows)
    {
        var database = $"movies{Interlocked.Increment(ref _databases)}";
        await MoviesSchema.CreateAsync(Cluster, database, rows);
        await Cluster.ExecuteAsync(database, "CREATE EXTENSION amcheck");
        return database;
    }
}
