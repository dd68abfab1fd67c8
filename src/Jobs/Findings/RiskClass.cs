namespace HealingWorkers.Jobs.Findings;

/// <summary>What a repair may cost at worst, in rising order.</summary>
public enum RiskClass { LosslessOnline, LosslessLocking, Quarantining, Manual }

public static class RiskClassNames
{
    public static string Name(this RiskClass risk) => risk switch
    {
        RiskClass.LosslessOnline => "lossless-online",
        RiskClass.LosslessLocking => "lossless-locking",
        RiskClass.Quarantining => "quarantining",
        _ => "manual",
    };

    public static RiskClass Parse(string name) =>
        Enum.GetValues<RiskClass>().First(r => string.Equals(r.Name(), name, StringComparison.Ordinal));
}
