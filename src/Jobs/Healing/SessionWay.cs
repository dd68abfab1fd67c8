using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Healing;

/// <summary>How the session of a repair is opened.</summary>
public enum SessionWay
{
    Repair,

    /// <summary>For work on single row versions.</summary>
    Surgery,

    /// <summary>With another database of the same server.</summary>
    Beside,
}

public static class SessionWays
{
    public static SessionWay WayOf(this IRepair? repair) => repair switch
    {
        ISurgery => SessionWay.Surgery,
        IFromBeside => SessionWay.Beside,
        _ => SessionWay.Repair,
    };

    /// <summary>The session, and what the target is as seen from it; the facts are null where the session is with the target itself, which can be asked.</summary>
    public static async Task<(NpgsqlConnection Connection, TargetFacts? Facts)> OpenAsync(this SessionWay way, Target target, CancellationToken cancel)
    {
        if (way == SessionWay.Beside)
        {
            var beside = await target.OpenRepairBesideAsync(cancel).ConfigureAwait(false);
            return (beside.Connection, beside.Facts);
        }
        return (await (way == SessionWay.Surgery ? target.OpenSurgeryAsync(cancel) : target.OpenRepairAsync(cancel)).ConfigureAwait(false), null);
    }
}
