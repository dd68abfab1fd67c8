using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Checks;

/// <summary>One function of amcheck over every index in scope that it can verify.</summary>
internal static class AmcheckRun
{
    public static Task<CheckReport> OverAsync(CheckDescription check, AmcheckCall call, CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(check, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        IReadOnlyList<BtreeIndex> indexes;
        var left = new LeftAlone();
        var deadly = await DeadlyReads.OpenAsync(check.Name, request, facts, cancel).ConfigureAwait(false);
        await using (var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false))
        {
            if (await BtreeList.WhyNotAsync(connection, facts, call, cancel).ConfigureAwait(false) is { } why)
            {
                request.Target.Forget();
                return CheckRun.Without(check.Name, CheckStatus.Unavailable, elapsed(), why);
            }
            indexes = [.. (await BtreeList.ReadAsync(connection, request.Scope, call, cancel).ConfigureAwait(false)).Where(i => !left.Passes(i.TableQuoted, deadly.WhyNotRows(i.Table)))];
        }
        var verdicts = await new BtreeRunner(check.Name, request, facts.SchemaOf("amcheck")!, call, deadly).RunAsync(indexes, cancel).ConfigureAwait(false);
        var report = BtreeReport.Of(check.Name, facts, call, verdicts, deadly, request.Target.Options.DataDirectory.Length > 0, elapsed());
        return report with { Reason = LeftAlone.Joined(report.Reason, left.Reason), LeftAlone = deadly.LeftAlone };
    }, cancel);
}
