using System.Globalization;
using HealingWorkers.Jobs.Healing;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>db.restore_test: the newest backup of the target's server that was never proven is restored and looked at.</summary>
public sealed class RestoreTestJob(TargetSet targets, RestoreTests tests) : IJob
{
    private static readonly TimeSpan Busy = TimeSpan.FromMinutes(2);

    public string Name => JobNames.RestoreTest;

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        var (backup, whyNot) = await tests.NextAsync(targets.Named(context.Target ?? ""), cancel).ConfigureAwait(false);
        if (backup is null)
        {
            return JobOutcome.With($"nothing to prove: {whyNot}");
        }
        if (await tests.RunAsync(backup, context.Run, keep: false, context.Log, cancel).ConfigureAwait(false) is not { } tested)
        {
            return JobOutcome.Defer(Busy, "another backup is restored on this host now");
        }
        var report = tested.Report;
        return JobOutcome.With(report.Proven
            ? string.Create(CultureInfo.InvariantCulture, $"backup {backup.Id} is proven in {report.Seconds:0.0} s: {report.Tables.Equal} tables equal, checksums {report.Checksums ?? "not compared"}")
            : $"backup {backup.Id} is not proven: {string.Join("; ", report.Problems)}");
    }
}
