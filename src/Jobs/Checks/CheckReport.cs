using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Checks;

public enum CheckStatus { Clean, Damaged, Unavailable, Failed }

/// <param name="Reason">Why it was unavailable or failed, and what to grant or do.</param>
/// <param name="Examined">The oids of the objects that this run really looked at; what was examined and not found again may be gone by itself.</param>
public sealed record CheckReport(string Check, CheckStatus Status, TimeSpan Elapsed, string? Reason, IReadOnlyList<Finding> Findings, IReadOnlyList<long> Examined)
{
    /// <summary>The quoted names of what was examined: whoever rebuilt an object by hand gave its name to another oid.</summary>
    public IReadOnlyList<string> ExaminedNames { get; init; } = [];

    /// <summary>What is only worth knowing is no damage.</summary>
    public static CheckStatus StatusOf(IEnumerable<Finding> findings) =>
        findings.Any(f => f.Severity >= Severity.Warning) ? CheckStatus.Damaged : CheckStatus.Clean;

    /// <summary>When the look began, by the ledger's clock: what was resolved since is not opened again by what was seen before.</summary>
    public DateTimeOffset? LookedFrom { get; init; }

    /// <summary>What was examined was as it was at that moment, as a copy is: it says nothing of what was seen since. Null: it was looked at as it is.</summary>
    public DateTimeOffset? ExaminedAsOf { get; init; }

    /// <summary>Seen, at least in part, at a standby, whose files are other ones: what is sound there may be damaged at the primary.</summary>
    public bool FromStandby { get; init; }

    /// <summary>What seems to be lost, and why that could not be made certain; null: nothing.</summary>
    public string? Undecided { get; init; }

    /// <summary>Something was not looked at for damage that others found: once that is repaired, a second look tells more.</summary>
    public bool LeftAlone { get; init; }

    /// <summary>Observations: numbers worth a metric and a log line, never a finding.</summary>
    public IReadOnlyDictionary<string, double> Observations { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);
}
