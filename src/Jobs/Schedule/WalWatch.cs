using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Sees to it that the WAL of a target is received by one worker of the fleet at a time.</summary>
public sealed class WalWatch(HealingOptions options, BackupHouse house, LeaseLedger leases, IncidentLedger incidents, CheckRunner runner, TimeProvider clock, string worker)
{
    public const string Check = "wal";

    /// <summary>Received for so long, it is believed to work.</summary>
    public TimeSpan WorksAfter { get; init; } = TimeSpan.FromSeconds(20);

    public TimeSpan LookEvery { get; init; } = TimeSpan.FromSeconds(30);

    public static bool Wants(HealingOptions options, TargetOptions target) => options.Backups.Wal && options.Backups.ProviderOf(target) == BackupProvider.PgBasebackup;

    /// <summary>Receives for as long as it goes; returns at once where another worker does. Throws when it could not even begin.</summary>
    public async Task OnceAsync(Target target, CancellationToken cancel)
    {
        try
        {
            await UnderLeaseAsync(target, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            await TryTellAsync(target, e.Message, cancel).ConfigureAwait(false);
            throw;
        }
    }

    private async Task UnderLeaseAsync(Target target, CancellationToken cancel)
    {
        target.Forget();
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        if (await leases.TakeAsync($"wal:{facts.Id.SystemIdentifier}", worker, null, options.Worker.Lease, cancel).ConfigureAwait(false) is not { } lease)
        {
            return;
        }
        var keeper = new LeaseKeeper(leases, lease, options.Worker.Lease, clock, cancel);
        try
        {
            var receiver = new WalReceiver(target, options.Backups, options.Control.PostgresDirectory, house.Ways.Archive)
            {
                LookEvery = LookEvery,
                Slot = WalReceiver.SlotOf(await house.Ledger.OldestTargetAsync(facts.Id.SystemIdentifier, keeper.Token).ConfigureAwait(false) ?? target.Name),
            };
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(keeper.Token);
            var receiving = receiver.RunAsync(stop.Token);
            if (await Task.WhenAny(receiving, Task.Delay(WorksAfter, clock, keeper.Token)).ConfigureAwait(false) != receiving)
            {
                await TellAsync(target, null, keeper.Token).ConfigureAwait(false);
            }
            var ended = await receiving.ConfigureAwait(false);
            throw new HealingException(ended, "It is begun again by itself.");
        }
        finally
        {
            await keeper.DisposeAsync().ConfigureAwait(false);
            if (!keeper.Lost)
            {
                await leases.ReleaseAsync(lease, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Where that cannot be told either, the trouble itself is what is heard of.</summary>
    private async Task TryTellAsync(Target target, string trouble, CancellationToken cancel)
    {
        try
        {
            await TellAsync(target, trouble, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HealingException or Npgsql.NpgsqlException && !cancel.IsCancellationRequested)
        {
            throw new HealingException($"{trouble}; and it cannot be told: {e.Message}", "See whether the server and the control database answer.", e);
        }
    }

    /// <param name="trouble">Null: it is received.</param>
    private async Task TellAsync(Target target, string? trouble, CancellationToken cancel)
    {
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var id = await incidents.RegisterTargetAsync(target.Name, facts, cancel).ConfigureAwait(false);
        var finding = Finding.Of(Check, FindingKind.WalNotReceived, facts.Id, new RelationName(0, facts.Database), $"a restore reaches no point after this: {trouble}");
        var report = new CheckReport(Check, trouble is null ? CheckStatus.Clean : CheckStatus.Damaged, TimeSpan.Zero, null, trouble is null ? [] : [finding], [0]);
        // what waits is over when two looks say so, and this one was long enough for both
        for (var looks = trouble is null ? 2 : 1; looks > 0; looks--)
        {
            await runner.TakeInAsync(target, id, report, null, static _ => { }, cancel).ConfigureAwait(false);
        }
    }
}
