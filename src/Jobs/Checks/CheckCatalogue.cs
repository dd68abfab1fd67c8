namespace HealingWorkers.Jobs.Checks;

/// <summary>Every check there is.</summary>
public static class CheckCatalogue
{
    public static readonly IReadOnlyList<ICheck> All = [new BtreeCheck(), new LeftoversCheck(), new CollationCheck(), new DatabaseStatsCheck()];
}
