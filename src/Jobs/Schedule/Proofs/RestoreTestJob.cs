using System.Globalization;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>db.restore_test: the newest backup of the target's server that was never proven is restored and looked at.</summary>
public sealed class RestoreTestJob(TargetSet targets, RestoreTests tests) : IJob
{
    private static readonly TimeSpan Busy = TimeSpan.FromMinutes(2);

    /// <summary>A run comes to whichever worker is free: at first it comes again soon, then for a day and a half, in which the next backup is made.</summary>
    private const int SoonTimes = 20;
    private const int MostTimes = SoonTimes + 432;
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Later = TimeSpan.FromMinutes(5);

    public string Name => JobNames.RestoreTest;

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        var next = await tests.NextAsync(targets.Named(context.Target ?? ""), cancel).ConfigureAwait(false);
        if (next.Elsewhere is { } elsewhere)
        {
            return context.Deferrals < MostTimes ? JobOutcome.Defer(context.Deferrals < SoonTimes ? Soon : Later, $"{next.WhyNot}: a worker that sees it is to prove it")
                : throw new HealingException($"nothing is proven: {next.WhyNot}, and no worker that sees it took this run", $"Let a worker run on {elsewhere.Host}, or let backups.directory be a file system that all hosts share.");
        }
        if (next.Backup is not { } backup)
        {
            return JobOutcome.With($"nothing to prove: {next.WhyNot}");
        }
        if (await tests.RunAsync(backup, context.Run, keep: false, context.Log, cancel).ConfigureAwait(false) is not { } tested)
        {
            return JobOutcome.Defer(Busy, "another backup is restored in this place now");
        }
        var report = tested.Report;
        return JobOutcome.With(report.Proven
            ? string.Create(CultureInfo.InvariantCulture, $"backup {backup.Id} is proven in {report.Seconds:0.0} s: {report.Tables.Equal} tables equal, checksums {report.Checksums ?? "not compared"}")
            : $"backup {backup.Id} is not proven: {report.Why}");
    }
}
