using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Has the checks that may run on a standby look at each of them, and compares rows there with those of the primary.</summary>
public sealed class StandbyRowsCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "standby_rows", "Runs the checks that a standby allows on each configured standby, and compares rows of a sample of pages with the primary's.", "db.index_check",
        "As those checks on the standby; up to 64 pages of each of up to 200 tables are read two times on both servers.", "ACCESS SHARE, as a SELECT.",
        "Standbys in the configuration (targets[].standbys), and on them what each check needs; SELECT on the tables.",
        "Pages outside the sample; tables with row security; rows that change while they are compared.",
        [FindingKind.StandbyCorrupt, FindingKind.StandbyDiffers, FindingKind.DeadlyRead]);

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        var (findings, examined, hindered) = (new List<Finding>(), new List<string>(), new List<string>());
        var compares = new List<StandbyTables>();
        var deadly = await DeadlyReads.OpenAsync(Description.Name, request, facts, cancel).ConfigureAwait(false);
        foreach (var standby in request.Target.Options.Standbys)
        {
            if (await WhyNotAsync(request.Target, standby, facts, cancel).ConfigureAwait(false) is { } why)
            {
                hindered.Add($"standby {standby.Name}: {why}");
                continue;
            }
            await using var seen = StandbyTarget.Of(request.Target, standby);
            var look = new StandbyChecks(Description.Name, standby.Name, facts.Id);
            await look.RunAsync(seen, request, cancel).ConfigureAwait(false);
            if (facts.IsStandby)
            {
                hindered.Add($"standby {standby.Name}: rows are not compared, since the target is a standby itself");
            }
            else
            {
                var tables = new StandbyTables(request, seen, look, deadly);
                await tables.CompareAsync(cancel).ConfigureAwait(false);
                compares.Add(tables);
            }
            findings.AddRange(look.Findings);
            examined.AddRange(look.Examined);
            hindered.AddRange(look.Hindered.Select(h => $"standby {standby.Name}: {h}"));
        }
        findings.AddRange(deadly.Findings);
        var status = CheckReport.StatusOf(findings);
        var forbidden = status == CheckStatus.Clean && examined.Count == 0 && compares.Count > 0 && compares.TrueForAll(c => c.IsForbidden);
        return new(Description.Name, forbidden ? CheckStatus.Unavailable : status, elapsed(), hindered.Count == 0 ? null : string.Join("; ", hindered), findings, examined.Count == 0 ? [] : [facts.Id.DatabaseOid])
        {
            ExaminedNames = examined,
        };
    }, cancel);

    private static async Task<string?> WhyNotAsync(Target target, Options.StandbyOptions standby, TargetFacts facts, CancellationToken cancel)
    {
        var look = await StandbyReader.LookAsync(target, standby, cancel).ConfigureAwait(false);
        return look.Problem ?? (look.SystemIdentifier != facts.Id.SystemIdentifier ? "it belongs to another cluster" : look.InRecovery ? null : look.IsPrimary ? "it is the primary now" : "it is not in recovery");
    }
}
