using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Worker.Commands;

/// <summary>What `heal` writes as JSON; its names are a contract.</summary>
internal sealed record HealReport(string Target, IReadOnlyList<HealReport.CheckLine> Checks, IReadOnlyList<HealReport.FindingLine> Findings, IReadOnlyList<HealReport.IncidentLine> Incidents)
{
    /// <summary>Only with --dry-run.</summary>
    public IReadOnlyList<object>? Plans { get; init; }

    public sealed record CheckLine(string Name, string Status, double Seconds, string? Reason);

    public sealed record FindingLine(string Check, string Kind, string Severity, string Object, string Detail, string Fingerprint, string? Repair, string? Risk);

    public sealed record IncidentLine(long Id, string Kind, string Object, string State, int Attempts, string? Repair, long RowsQuarantined, bool Verified, string? Receipt, string? Reason);

    public static CheckLine Line(CheckReport report) =>
        new(report.Check, report.Status.ToString().ToLowerInvariant(), Math.Round(report.Elapsed.TotalSeconds, 3), report.Reason);

    public static FindingLine Line(Finding finding) => new(finding.Check, finding.Kind.Name, finding.Severity.ToString().ToLowerInvariant(), finding.Object.Quoted,
        finding.Detail, finding.Fingerprint, finding.Repair, finding.Risk?.Name());
}
