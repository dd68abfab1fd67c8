using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Healing;

[SetUpFixture]
public sealed class HealingServer
{
    [OneTimeTearDown]
    public async Task StopAsync() => await Hospital.CloseAsync();
}
