using Dapper;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Drops twin constraints that no repair comes back to: theirs escalated, was closed, or waits for long.</summary>
public sealed class TwinRetention(QuarantineLedger ledger, Pauses pauses, TargetSet targets, HealingMode mode, ILogger<TwinRetention> log)
{
    public async Task RunAsync(CancellationToken cancel)
    {
        // whoever proves something has taken rows first
        foreach (var quarantined in await ledger.TargetsAsync(TimeSpan.Zero, cancel).ConfigureAwait(false))
        {
            if (targets.Find(quarantined.Name) is not { } target || (target.Options.Mode ?? mode) == HealingMode.Observe || await pauses.IsPausedAsync(quarantined.Target, cancel).ConfigureAwait(false))
            {
                continue;
            }
            try
            {
                await OfAsync(target, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (e is NpgsqlException or Errors.HealingException or TimeoutException)
            {
                log.LogWarning("it could not be seen whether twin constraints are left in {Target}: {Error}", target.Name, e.Message);
            }
        }
    }

    private async Task OfAsync(Target target, CancellationToken cancel)
    {
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        await using var connection = await target.OpenRepairAsync(cancel).ConfigureAwait(false);
        // a twin that is there while somebody repairs may be his own
        if (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition(Sql.Of<IncidentHealer>("take_target_lock"), cancellationToken: cancel)).ConfigureAwait(false))
        {
            return;
        }
        if (await TwinConstraint.TryAsync(new(target, facts, connection, 0), table: null, cancel).ConfigureAwait(false) is { } left)
        {
            log.LogWarning("{Target}: {Left}", target.Name, left.Told);
        }
    }
}
