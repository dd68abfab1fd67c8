using Dapper;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;

namespace HealingWorkers.Dashboard.Fleet;

/// <summary>The schedules as a person reads them: in words, with their next times, how they went, and whether they rest.</summary>
public sealed class ScheduleBook(DashboardParts parts)
{
    private const int NextTimes = 5;

    public async Task<IReadOnlyList<ScheduleView>> ListAsync(CancellationToken cancel)
    {
        var pauses = (await new SchedulePauses(parts.Ledger).ListAsync(cancel)).ToDictionary(p => p.Id, StringComparer.Ordinal);
        var ids = parts.Jobs.Recurring.Select(j => j.Id).ToArray();
        var past = (await parts.Ledger.ReadAsync(c => c.QueryAsync<ScheduleRun>(new CommandDefinition(Sql.Of<ScheduleBook>("schedule_runs"), new { Ids = ids }, cancellationToken: cancel)), cancel))
            .ToDictionary(r => r.RecurringId, StringComparer.Ordinal);
        return [.. parts.Jobs.Recurring.Select(job => Of(job, past.GetValueOrDefault(job.Id), pauses.GetValueOrDefault(job.Id)))];
    }

    public async Task<ScheduleView?> FindAsync(string id, CancellationToken cancel) =>
        (await ListAsync(cancel)).FirstOrDefault(s => string.Equals(s.Id, id, StringComparison.Ordinal));

    private ScheduleView Of(RecurringJob job, ScheduleRun? past, SchedulePause? pause) => new(
        job.Id, job.Job, job.Target, CronWords.Of(job.Line), job.Cron, job.TimeZone, pause is null ? Next(job.Line) : [], past?.SucceededAt,
        past?.LastId is { } id ? new(id, past.LastState!, past.LastAt!.Value) : null, pause);

    private List<DateTimeOffset> Next(CronLine line)
    {
        var times = new List<DateTimeOffset>();
        for (var at = line.Next(parts.Clock.GetUtcNow()); at is { } time && times.Count < NextTimes; at = line.Next(time))
            times.Add(time);
        return times;
    }

    private sealed record ScheduleRun
    {
        public required string RecurringId { get; init; }
        public DateTimeOffset? SucceededAt { get; init; }
        public long? LastId { get; init; }
        public string? LastState { get; init; }
        public DateTimeOffset? LastAt { get; init; }
    }
}

/// <param name="NextFires">None while it rests.</param>
public sealed record ScheduleView(
    string Id, string Job, string? Target, string Words, string Cron, string TimeZone, IReadOnlyList<DateTimeOffset> NextFires, DateTimeOffset? Previous, LastRun? LastRun, SchedulePause? Paused)
{
    public DateTimeOffset? Next => NextFires.Count > 0 ? NextFires[0] : null;
}

public sealed record LastRun(long Id, string State, DateTimeOffset At);
