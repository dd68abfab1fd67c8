using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Whether a target has a good backup that is young enough; asks the ledger, not the server.</summary>
public sealed class BackupLateness(HealingOptions options, BackupLedger ledger, CheckRunner runner, TimeProvider clock)
{
    public const string Check = "backups";

    /// <summary>True when it is late. Where no backups are made, nobody is late.</summary>
    public async Task<bool> LookAsync(Target target, long id, Action<string> log, CancellationToken cancel)
    {
        if (options.Backups.ProviderOf(target.Options) == BackupProvider.None)
        {
            return false;
        }
        var began = clock.GetTimestamp();
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var newest = await ledger.NewestGoodAsync(id, facts.Id.SystemIdentifier, cancel).ConfigureAwait(false);
        var since = newest?.StartedAt ?? await ledger.KnownSinceAsync(id, cancel).ConfigureAwait(false) ?? clock.GetUtcNow();
        var late = clock.GetUtcNow() - since > options.Backups.LateAfter;
        var finding = Finding.Of(Check, FindingKind.BackupLate, facts.Id, new RelationName(0, facts.Database),
            newest is null ? $"there is no good backup; it is known since {since:u}, and backups.late_after is {Durations.Text(options.Backups.LateAfter)}"
                : $"the newest good backup ({newest.Id}) is of {since:u}, and backups.late_after is {Durations.Text(options.Backups.LateAfter)}");
        await runner.TakeInAsync(target, id, new CheckReport(Check, late ? CheckStatus.Damaged : CheckStatus.Clean, clock.GetElapsedTime(began), null, late ? [finding] : [], [0]), null, log, cancel).ConfigureAwait(false);
        return late;
    }
}
