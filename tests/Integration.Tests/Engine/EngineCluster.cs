using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Engine;

/// <summary>One server for all tests of the engine; each fleet takes a database of its own.</summary>
[SetUpFixture]
public sealed class EngineCluster
{
    private static PgCluster? _cluster;

    public static PgCluster Cluster => _cluster ?? throw new InvalidOperationException("No cluster yet.");

    [OneTimeSetUp]
    public async Task StartAsync() => _cluster = await PgCluster.StartNewAsync(new PgClusterOptions { Settings = new Dictionary<string, string> { ["max_connections"] = "300" } });

    [OneTimeTearDown]
    public async Task StopAsync() => await Cluster.DisposeAsync();
}
