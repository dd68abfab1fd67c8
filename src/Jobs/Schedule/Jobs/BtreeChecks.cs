using HealingWorkers.Jobs.Checks;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>The check that looks into single B-trees, and so can be shared out by table.</summary>
internal static class BtreeChecks
{
    public static bool IsOne(ICheck check) => check.Description.Name == BtreeCheck.CheckName;
}
