using HealingWorkers.Integration.Tests.Healing;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Traps;

/// <summary>The server logs every statement, so that what was not sent can be told.</summary>
[SetUpFixture]
internal sealed class TrapServer
{
    [OneTimeSetUp]
    public async Task StartAsync()
    {
        await using var first = await Hospital.OpenAsync(rows: 10);
        await Hospital.Cluster.ExecuteAsync("postgres", "ALTER SYSTEM SET log_statement = 'all'");
        await Hospital.Cluster.ExecuteAsync("postgres", "ALTER SYSTEM SET max_prepared_transactions = 5");
        await Hospital.Cluster.RestartAsync();
    }

    [OneTimeTearDown]
    public Task StopAsync() => Hospital.CloseAsync();
}
