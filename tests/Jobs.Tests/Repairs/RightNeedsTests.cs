using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Targets;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Repairs;

/// <summary>The page of what a target's roles lack knows every check and repair, and none that is not there.</summary>
[TestFixture]
public sealed class RightNeedsTests
{
    [Test]
    public void Every_check_and_repair_is_named_with_the_rights_it_needs()
    {
        var there = CheckCatalogue.All.Select(c => c.Description.Name).Concat(HealerFactory.Repairs(CheckCatalogue.All, new RepairLimits()).Select(r => r.Name));
        Assert.That(RightNeeds.All.SelectMany(n => n.NeededBy).Concat(RightNeeds.Without).Distinct(StringComparer.Ordinal), Is.EquivalentTo(there));
    }
}
