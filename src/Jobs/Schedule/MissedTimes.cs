namespace HealingWorkers.Jobs.Schedule;

/// <summary>A due time that nobody heard is made up for, once; a start is one where nothing has succeeded within the interval.</summary>
public sealed class MissedTimes(IReadOnlyList<RecurringJob> jobs, JobLedger ledger, JobDispatcher dispatcher)
{
    /// <summary>The engine has so long to be late by itself.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(90);

    public async Task MakeUpAsync(bool atStart, CancellationToken cancel)
    {
        foreach (var job in jobs)
        {
            var past = await ledger.PastAsync(job.Id, cancel).ConfigureAwait(false);
            var now = past.Now ?? throw new InvalidOperationException("the ledger does not know the time");
            if (SlotFor(job, past, now, atStart) is { } slot)
            {
                await dispatcher.RequestAsync(new JobRequest(job.Id, job.Job, job.Target, [], atStart ? "start" : "missed") { RecurringId = job.Id, Slot = slot }, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The slot makes it one run, however many workers come to the same conclusion; null: nothing is to be made up for.</summary>
    internal static DateTimeOffset? SlotFor(RecurringJob job, RecurringPast past, DateTimeOffset now, bool atStart)
    {
        var due = job.Line.Last(now);
        var missed = due is not null && past.Requested is { } requested && requested < due && now - due > Grace;
        if (missed)
        {
            return due;
        }
        var stale = past.Succeeded is not { } succeeded || now - succeeded > job.IntervalAt(now);
        return atStart && stale ? now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMinute)) : null;
    }
}
