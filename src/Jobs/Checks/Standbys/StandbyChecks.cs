using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>What the checks of the catalogue see on one standby, told as the standby's.</summary>
internal sealed class StandbyChecks(string check, string standby, TargetId target)
{
    private readonly List<Finding> _findings = [];
    private readonly List<string> _examined = [];
    private readonly HashSet<long> _damaged = [];
    private bool _whole = true;

    public IReadOnlyList<Finding> Findings => _findings;
    public List<string> Hindered { get; } = [];

    /// <summary>What was looked at by every check that could: where one failed, nothing is said to be clean.</summary>
    public IReadOnlyList<string> Examined => _whole ? _examined : [];

    public bool IsDamaged(long table) => _damaged.Contains(table);

    public async Task RunAsync(Target seen, CheckRequest request, CancellationToken cancel)
    {
        var reports = new List<CheckReport>();
        foreach (var one in CheckCatalogue.All.Where(c => c.Description is { OnStandby: true, Ground: Ground.Live }))
        {
            // without memory: what was remembered is the primary's
            var report = await one.RunAsync(new(seen, CheckScope.All) { Throttle = request.Throttle, Progress = request.Progress, Known = KnownDamage.Of(reports) }, cancel).ConfigureAwait(false);
            reports.Add(report);
            TakeIn(report);
        }
    }

    public void Differs(RelationName table, string detail) => _findings.Add(StandbyFinding.Of(check, FindingKind.StandbyDiffers, target, standby, StandbyFinding.ObjectOf(standby, table.Quoted), detail));

    public void Looked(RelationName table) => _examined.Add(StandbyFinding.ObjectOf(standby, table.Quoted));

    private void TakeIn(CheckReport report)
    {
        if (report.Status == CheckStatus.Failed)
        {
            _whole = false;
            Hindered.Add($"{report.Check} failed: {report.Reason}");
        }
        foreach (var found in report.Findings.Where(f => f.Severity >= Severity.Warning))
        {
            var relation = (string?)found.Evidence["table"] ?? found.Object.Quoted;
            var finding = StandbyFinding.Of(check, FindingKind.StandbyCorrupt, target, standby, StandbyFinding.ObjectOf(standby, relation), $"{found.Kind.Name} on {found.Object.Quoted}: {found.Detail}", found.Fingerprint);
            finding.Evidence["kind"] = found.Kind.Name;
            finding.Evidence["check"] = report.Check;
            _findings.Add(finding with { Severity = found.Severity });
            _damaged.Add(found.TableOid);
        }
        _examined.AddRange(report.ExaminedNames.Select(name => StandbyFinding.ObjectOf(standby, name)));
    }
}
