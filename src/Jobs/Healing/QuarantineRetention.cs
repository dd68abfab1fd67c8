using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Empties the quarantines of this process's targets of what has lain there, since its incident was over, for longer than the configuration wants; never of an open incident.</summary>
public sealed class QuarantineRetention(QuarantineLedger ledger, TargetSet targets, TimeSpan age, ILogger<QuarantineRetention> log)
{
    /// <summary>Whatever a configuration says.</summary>
    public static readonly TimeSpan Least = TimeSpan.FromDays(30);

    /// <summary>How many rows went.</summary>
    public async Task<long> RunAsync(CancellationToken cancel)
    {
        var (gone, longest) = (0L, age < Least ? Least : age);
        foreach (var quarantined in await ledger.TargetsAsync(longest, cancel).ConfigureAwait(false))
        {
            if (targets.Find(quarantined.Name) is not { } target)
            {
                continue;
            }
            try
            {
                await using var connection = await target.OpenRepairAsync(cancel).ConfigureAwait(false);
                gone += await QuarantineSweep.RunAsync(connection, await ledger.IdAsync(cancel).ConfigureAwait(false), quarantined.Keep, longest, cancel).ConfigureAwait(false);
                await ledger.SeenAsync(quarantined.Target, await QuarantineSweep.CountAsync(connection, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (e is NpgsqlException or Errors.HealingException or TimeoutException)
            {
                log.LogWarning("the quarantine of {Target} could not be swept: {Error}", quarantined.Name, e.Message);
            }
        }
        return gone;
    }
}
