using NUnit.Framework;

namespace HealingWorkers.Integration.Tests;

/// <summary>The processes that tests start make no backups, unless a test wants some.</summary>
[SetUpFixture]
public sealed class WithoutBackups
{
    [OneTimeSetUp]
    public void Say() => Environment.SetEnvironmentVariable("HEALING__BACKUPS__PROVIDER", "none");
}
