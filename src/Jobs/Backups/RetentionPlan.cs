using System.Globalization;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Backups;

/// <param name="Why">Why it is kept, or why it goes.</param>
public sealed record RetentionDecision(Backup Backup, bool Keep, string Why);

/// <summary>
/// Which backups are kept. Days, ISO weeks and months are those of UTC, so that no change of the clocks makes one longer. What counts are
/// the newest days, weeks and months that have a backup: a day without one, or a clock that jumps, takes none of the others away.
/// </summary>
public static class RetentionPlan
{
    private static readonly TimeSpan FailedFor = TimeSpan.FromDays(1);
    private static readonly TimeSpan ClocksDiffer = TimeSpan.FromHours(1);

    /// <summary>Decides about each of them, newest first. Each way of backing up, of a server or (a dump) of a target, is looked at by itself.</summary>
    public static IReadOnlyList<RetentionDecision> Of(IEnumerable<Backup> backups, KeepOptions keep, DateTimeOffset now) =>
        [.. backups.Where(b => b.State != BackupState.Removed && b.Provider != BackupProvider.Pgbackrest)
            .GroupBy(b => (b.Provider, b.Host, b.IsPhysical ? b.SystemIdentifier : b.TargetId.ToString(CultureInfo.InvariantCulture)))
            .SelectMany(group => Group([.. group.OrderByDescending(b => b.StartedAt).ThenByDescending(b => b.Id)], keep, now))
            .OrderByDescending(d => d.Backup.Id)];

    private static IEnumerable<RetentionDecision> Group(IReadOnlyList<Backup> backups, KeepOptions keep, DateTimeOffset now)
    {
        var complete = backups.Where(b => b.State == BackupState.Complete).ToList();
        var why = new Dictionary<long, string>();
        Note(why, complete.FirstOrDefault(b => b.IsGood) ?? complete.FirstOrDefault(), "the newest good one");
        Note(why, complete.Where(b => b.IsGood).MaxBy(b => b.Id), "the last that was made");
        Note(why, complete.FirstOrDefault(b => b is { IsGood: true, ProvenAt: not null }), "the newest proven one");
        // a clock that was wrong for a while has no days to give
        var dated = complete.Where(b => b.StartedAt <= now + ClocksDiffer).ToList();
        Buckets(why, dated, keep.Daily, static at => at.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture), "day");
        Buckets(why, dated, keep.Weekly, static at => string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(at)}-W{ISOWeek.GetWeekOfYear(at):00}"), "week");
        Buckets(why, dated, keep.Monthly, static at => at.ToString("yyyy-MM", CultureInfo.InvariantCulture), "month");
        foreach (var backup in backups)
        {
            yield return backup switch
            {
                { State: BackupState.Running } => new(backup, true, "it is being made"),
                { InUse: true } => new(backup, true, "it is being restored"),
                { State: BackupState.Failed } => now - (backup.EndedAt ?? backup.StartedAt) is var age && age >= FailedFor ? new(backup, false, "it failed") : new(backup, true, "it failed less than a day ago"),
                { State: BackupState.Complete } when backup.StartedAt > now + ClocksDiffer => new(backup, true, "its date is yet to come"),
                _ => why.TryGetValue(backup.Id, out var reason) ? new(backup, true, reason) : new(backup, false, "no day, week or month is kept for it"),
            };
        }
    }

    /// <summary>Of each period one: the newest, of those that are proven, else of those that are not shown to be bad.</summary>
    private static void Buckets(Dictionary<long, string> why, IReadOnlyList<Backup> complete, int most, Func<DateTime, string> period, string what)
    {
        var periods = complete.GroupBy(b => period(b.StartedAt.UtcDateTime)).OrderByDescending(g => g.Key, StringComparer.Ordinal).Take(most);
        foreach (var one in periods)
        {
            Note(why, one.OrderByDescending(b => b.Disproven ? 0 : b.ProvenAt is null ? 1 : 2).ThenByDescending(b => b.StartedAt).ThenByDescending(b => b.Id).First(), $"of {what} {one.Key}");
        }
    }

    private static void Note(Dictionary<long, string> why, Backup? backup, string reason)
    {
        if (backup is not null && !why.TryAdd(backup.Id, reason))
        {
            why[backup.Id] += ", " + reason;
        }
    }
}
