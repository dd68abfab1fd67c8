using HealingWorkers.Drill;

namespace HealingWorkers.Worker.Drills;

internal static class DrillWords
{
    public static string Of(BestOutcome best) => best switch
    {
        BestOutcome.Lossless => "healed lossless",
        BestOutcome.Quarantine => "healed with quarantine",
        BestOutcome.Escalated => "escalated",
        _ => "not detectable",
    };

    public static string Of(DrillOutcome outcome) => outcome switch
    {
        DrillOutcome.Lossless => "lossless",
        DrillOutcome.Quarantine => "quarantine",
        DrillOutcome.Escalated => "escalated",
        DrillOutcome.Missed => "not detected",
        _ => "failed",
    };

    /// <summary>How to see one case again.</summary>
    public static string Command(DrillResult result, DrillOrder order) =>
        $"healing drill --versions {result.Version} --checksums {(result.Checksums ? "on" : "off")} --classes {result.Name.Split(' ')[0]} --seed {order.Seed}"
        + (result.Name.StartsWith(DrillOrder.Mix, StringComparison.Ordinal) ? $" --mixes {result.Name.Split(' ')[1]}" : "");
}
