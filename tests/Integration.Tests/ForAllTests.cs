using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests;

/// <summary>The processes that tests start make no backups and rehearse nothing, unless a test wants that; and nothing is given up early.</summary>
[SetUpFixture]
public sealed class ForAllTests
{
    [OneTimeSetUp]
    public void Say()
    {
        Environment.SetEnvironmentVariable("HEALING__BACKUPS__PROVIDER", "none");
        Environment.SetEnvironmentVariable("HEALING__REHEARSAL__RULE", "never");
        Poll.AtLeast = TimeSpan.FromMinutes(1);
    }
}
