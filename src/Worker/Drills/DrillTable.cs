using System.Globalization;

namespace HealingWorkers.Worker.Drills;

/// <summary>The score for somebody at a terminal.</summary>
internal static class DrillTable
{
    private const int MostShown = 5;

    public static void Write(TextWriter to, DrillScore score)
    {
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"class",-32} {"version",7} {"cases",5} {"detected",8} {"lossless",8} {"quarantine",10} {"escalated",9} {"not seen",8} {"failed",6} {"false",5} {"lost",4} {"seconds",7}"));
        foreach (var line in score.Lines.Append(score.Total))
        {
            to.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{line.Name,-32} {(line.Version == 0 ? "" : line.Version),7} {line.Cases,5} {line.Detected,8} {line.Lossless,8} {line.Quarantine,10} {line.Escalated,9} {line.Missed,8} {line.Failed,6} {line.FalseRepairs,5} {line.RowsLost,4} {line.Seconds,7:0.0}"));
        }
        to.WriteLine();
        to.WriteLine("not detected: " + (score.NotDetected.Count == 0 ? "none" : string.Join(", ", score.NotDetected)));
        if (score.LeftOut.Count > 0)
        {
            to.WriteLine("left out, what was broken first being in the way: " + string.Join(", ", score.LeftOut));
        }
        foreach (var bad in score.Bad)
        {
            to.WriteLine();
            to.WriteLine($"{bad.Name} on {bad.Version}, checksums {(bad.Checksums ? "on" : "off")}: {DrillWords.Of(bad.Outcome)}; broken: {bad.Story}");
            Write(to, "not seen", bad.Missed);
            Write(to, "row lost", bad.RowsLost);
            Write(to, "changed though not damaged", bad.FalseRepairs);
            to.WriteLine($"  {bad.Note}");
            to.WriteLine($"  {DrillWords.Command(bad, score.Order)}");
        }
        to.WriteLine();
        to.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{score.Results.Count} cases, goals {(score.MeetsGoals ? "met" : "not met")}; --seed {score.Order.Seed} repeats this"));
    }

    private static void Write(TextWriter to, string what, IReadOnlyList<string> items)
    {
        foreach (var item in items.Take(MostShown))
        {
            to.WriteLine($"  {what}: {item}");
        }
        if (items.Count > MostShown)
        {
            to.WriteLine($"  ... and {items.Count - MostShown} more");
        }
    }
}
