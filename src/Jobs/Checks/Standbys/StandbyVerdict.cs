using System.Globalization;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>What a look at a standby means; null when all is well.</summary>
internal sealed record StandbyVerdict(FindingKind Kind, string Said)
{
    public static StandbyVerdict? Of(StandbyLook look, TargetFacts target, long lagUpTo)
    {
        if (look.Problem is { } problem)
        {
            return new(FindingKind.StandbyStopped, $"it cannot be asked: {problem}");
        }
        if (look.SystemIdentifier != target.Id.SystemIdentifier)
        {
            return new(FindingKind.StandbyWrong, $"it belongs to another cluster: its system identifier is {look.SystemIdentifier}, that of the target {target.Id.SystemIdentifier}");
        }
        if (look.IsPrimary)
        {
            // promoted, and not yet taken out of the configuration
            return null;
        }
        if (!look.InRecovery)
        {
            return new(FindingKind.StandbyWrong, string.Create(CultureInfo.InvariantCulture, $"it is not in recovery: it takes writes of its own, on timeline {look.Timeline}"));
        }
        // one that catches up after a promotion receives the end of the old timeline first, from the new primary
        if (look is { Timeline: { } timeline, PrimaryTimeline: { } primary } && (timeline > primary || (timeline < primary && look is { Receiving: true, LagBytes: > 0, MayBeSentTo: false })))
        {
            return new(FindingKind.StandbyWrong, string.Create(CultureInfo.InvariantCulture, $"it is on timeline {timeline}, and the primary on {primary}: it follows another server"));
        }
        return Stopped(look) is { } stopped ? new(FindingKind.StandbyStopped, stopped)
            : look.LagBytes > lagUpTo ? new(FindingKind.StandbyLagging, string.Create(CultureInfo.InvariantCulture, $"{look.LagBytes >> 10} kB of WAL are not replayed there ({look.LagSeconds:0} s), and {lagUpTo >> 10} kB are allowed (failover.lag_up_to)"))
            : null;
    }

    private static string? Stopped(StandbyLook look) =>
        look.ReplayPaused ? "its replay is paused: SELECT pg_wal_replay_resume() on it lets it go on"
        : look.SlotState == "lost" ? $"its replication slot {look.Slot} lost WAL that it still needs: it must be built anew"
        : look.SlotState == "missing" && !look.Receiving ? $"its replication slot {look.Slot} is not on the primary"
        : !look.Receiving && !look.FromArchive ? "it receives nothing from the primary: its log says why"
        : null;
}
