using HealingWorkers.Drill;
using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Worker.Drills;

/// <summary>A damage that was really done, and the names under which it may be told.</summary>
internal sealed record DrillStruck(DamageClass Class, IReadOnlyCollection<string> Names);

/// <summary>Which damages of a case were told: each that can be seen has to be, whatever else was found.</summary>
internal sealed class DrillDetection(IReadOnlyList<DrillStruck> struck, bool checksums)
{
    public BestOutcome Best => BestOf(struck.Select(s => s.Class), checksums);

    /// <summary>The worst of the best outcomes of what can be seen.</summary>
    public static BestOutcome BestOf(IEnumerable<DamageClass> damages, bool checksums) =>
        damages.Select(d => d.BestOf(checksums)).Where(b => b != BestOutcome.NotDetectable).DefaultIfEmpty(BestOutcome.NotDetectable).Max();

    /// <summary>What can be seen and was not told, by its classes.</summary>
    public IReadOnlyList<string> Missed(DrillReport report) => [.. Untold(report).Where(s => !IsHeldBack(report, s)).Select(s => s.Class.Name)];

    /// <summary>What cannot be looked at before a person has dealt with another damage, by its classes: it is said to be left alone.</summary>
    public IReadOnlyList<string> HeldBack(DrillReport report) => [.. Untold(report).Where(s => IsHeldBack(report, s)).Select(s => s.Class.Name)];

    public bool Detected(DrillReport report) => Missed(report).Count == 0 && struck.Any(s => IsTold(report, s));

    /// <summary>Damages that were called healed while others are open still.</summary>
    public IReadOnlyList<DamageClass> Settled(DrillReport report) =>
        [.. struck.Where(s => IsTold(report, s) && report.Incidents.Any(i => s.Names.Has(i.Object)) && !report.Open.Any(i => s.Names.Has(i.Object))).Select(s => s.Class)];

    /// <summary>What of this is said of them.</summary>
    public IReadOnlyList<string> OfSettled(DrillReport report, IEnumerable<string> complaints)
    {
        var settled = Settled(report).Select(c => c.Name).ToList();
        // what is open may be what is complained of, under whichever name
        var open = struck.Where(s => !settled.Contains(s.Class.Name, StringComparer.Ordinal)).SelectMany(s => s.Names).ToList();
        var names = struck.Where(s => settled.Contains(s.Class.Name, StringComparer.Ordinal)).SelectMany(s => s.Names).Except(open, StringComparer.Ordinal).ToList();
        return [.. complaints.Where(c => settled.Exists(s => c.StartsWith(s + ":", StringComparison.Ordinal)) || names.Has(c) || names.Has("public." + c))];
    }

    private IEnumerable<DrillStruck> Untold(DrillReport report) => struck.Where(s => s.Class.BestOf(checksums) != BestOutcome.NotDetectable && !IsTold(report, s));

    /// <summary>One damage of several is open, is known to be another's, and a check names what it left alone beside it.</summary>
    private bool IsHeldBack(DrillReport report, DrillStruck one) =>
        struck.Where(s => s != one).SelectMany(s => s.Names).Except(one.Names, StringComparer.Ordinal).ToList() is var others
        && report.Open.Where(i => others.Has(i.Object)).SelectMany(i => others.Where(o => new[] { o }.Has(i.Object))).ToList() is { Count: > 0 } open
        && report.Reasons.Any(r => r.Split("; ").Any(line => one.Names.Any(n => line.Names(n)) && open.Exists(o => line.Names(o))));

    private static bool IsTold(DrillReport report, DrillStruck one) =>
        report.Findings.Any(f => f.Severity is "warning" or "critical" && one.Names.Has(f.Object))
        || report.Incidents.Any(i => one.Names.Has(i.Object))
        || (one.Class.ShutsOut && report.Incidents.Any(i => i.Kind == FindingKind.CatalogueLocksOut.Name && one.Names.Any(n => report.Findings.Any(f => f.Detail.Contains(n.Split('.')[^1], StringComparison.Ordinal)))));
}
