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

    /// <summary>How to do all of an order again.</summary>
    public static string Command(DrillOrder order)
    {
        var whole = order.WithHealthy && order.Classes.Count == DamageCatalogue.All.Count;
        var classes = order.Classes.Select(c => c.Name).Prepend(order.WithHealthy ? DrillOrder.Healthy : "").Append(order.Mixes > 0 ? DrillOrder.Mix : "").Where(c => c.Length > 0);
        return $"healing drill --versions {string.Join(',', order.Versions.Select(v => v.Major).Order())}"
            + (order.Checksums.Count > 1 ? "" : $" --checksums {(order.Checksums[0] ? "on" : "off")}")
            + (whole ? "" : $" --classes {string.Join(',', classes)}")
            + $" --mixes {order.Mixes} --seed {order.Seed}";
    }

    /// <summary>How to see one case again.</summary>
    public static string Command(DrillResult result, DrillOrder order) =>
        $"healing drill --versions {result.Version} --checksums {(result.Checksums ? "on" : "off")} --classes {result.Name.Split(' ')[0]} --seed {order.Seed}"
        + (result.Name.StartsWith(DrillOrder.Mix, StringComparison.Ordinal) ? $" --mixes {result.Name.Split(' ')[1]}" : "");
}
