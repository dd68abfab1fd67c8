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

    /// <summary>How often it is looked for slots that nobody wants any more.</summary>
    public TimeSpan SweepEvery { get; init; } = TimeSpan.FromMinutes(10);

    private long? _sweptAt;

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

    /// <summary>Drops what was received through where nobody wants the WAL of a server any more, and what was told of it is over.</summary>
    public async Task SweepAsync(IReadOnlyList<Target> targets, CancellationToken cancel)
    {
        if (_sweptAt is { } at && clock.GetElapsedTime(at) < SweepEvery)
        {
            return;
        }
        _sweptAt = clock.GetTimestamp();
        var received = await house.Ledger.WalTargetsAsync(null, cancel).ConfigureAwait(false);
        var asked = targets.Where(t => received.Contains(t.Name, StringComparer.Ordinal) || Wants(options, t.Options)).ToList();
        if (asked.TrueForAll(t => Wants(options, t.Options)))
        {
            return;
        }
        var slots = new WalSlots(house.Ledger, leases, worker);
        var (wanted, rest) = (new HashSet<string>(StringComparer.Ordinal), new List<Target>());
        foreach (var target in asked)
        {
            try
            {
                var server = (await target.FactsAsync(cancel).ConfigureAwait(false)).Id.SystemIdentifier;
                if (Wants(options, target.Options))
                {
                    wanted.Add(server);
                }
                else
                {
                    rest.Add(target);
                }
            }
            catch (Exception e) when (e is HealingException or Npgsql.NpgsqlException)
            {
                if (Wants(options, target.Options))
                {
                    // it may be the server of one of the others
                    return;
                }
            }
        }
        foreach (var target in rest)
        {
            var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
            var server = facts.Id.SystemIdentifier;
            // trouble may be that there never was a slot
            if (wanted.Contains(server) || ((await slots.DropAsync(target, cancel).ConfigureAwait(false)).Count == 0 && (await house.Ledger.WalTroubledAsync(server, cancel).ConfigureAwait(false)).Count == 0))
            {
                continue;
            }
            await TellReceivedAsync(target, null, cancel).ConfigureAwait(false);
        }
    }

    private async Task UnderLeaseAsync(Target target, CancellationToken cancel)
    {
        target.Forget();
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        if (await leases.TakeAsync(WalSlots.LeaseOf(facts.Id.SystemIdentifier), worker, null, options.Worker.Lease, cancel).ConfigureAwait(false) is not { } lease)
        {
            return;
        }
        var ended = await LeaseKeeper.HoldAsync(leases, lease, options.Worker.Lease, clock, held => ReceiveAsync(target, facts, held),
            e => new HealingException("the control database did not answer in time", "It is begun again by itself.", e), cancel).ConfigureAwait(false);
        throw new HealingException(ended, "It is begun again by itself.");
    }

    /// <summary>Why it ended.</summary>
    private async Task<string> ReceiveAsync(Target target, TargetFacts facts, CancellationToken cancel)
    {
        var receiver = new WalReceiver(target, options.Backups, options.Control.PostgresDirectory, house.Ways.Archive)
        {
            LookEvery = LookEvery,
            Slot = WalReceiver.SlotOf(await house.Ledger.OldestTargetAsync(facts.Id.SystemIdentifier, cancel).ConfigureAwait(false) ?? target.Name),
        };
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        var receiving = receiver.RunAsync(stop.Token);
        try
        {
            bool? told = null;
            while (await Task.WhenAny(receiving, Task.Delay(told is null ? WorksAfter : LookEvery, clock, cancel)).ConfigureAwait(false) != receiving)
            {
                cancel.ThrowIfCancellationRequested();
                if (receiver.IsUnbounded is var unbounded && unbounded != told)
                {
                    await TellReceivedAsync(target, unbounded ? receiver.Slot : null, cancel).ConfigureAwait(false);
                    told = unbounded;
                }
            }
            return await receiving.ConfigureAwait(false);
        }
        finally
        {
            // nobody would hear of it, nor end it, once this is left
            await stop.CancelAsync().ConfigureAwait(false);
            await Task.WhenAny(receiving).ConfigureAwait(false);
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

    private async Task TellAsync(Target target, string trouble, CancellationToken cancel)
    {
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var id = await incidents.RegisterTargetAsync(target.Name, facts, cancel).ConfigureAwait(false);
        var database = new RelationName(0, facts.Database);
        var finding = Finding.Of(Check, FindingKind.WalNotReceived, facts.Id, database, $"a restore reaches no point after this: {trouble}");
        // what was seen of the slot is neither seen again nor over
        await TakeInAsync(target, id, [finding], [], [database.Quoted], cancel).ConfigureAwait(false);
    }

    /// <param name="unbounded">The slot, where the server holds WAL back for it without end.</param>
    private async Task TellReceivedAsync(Target target, string? unbounded, CancellationToken cancel)
    {
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var id = await incidents.RegisterTargetAsync(target.Name, facts, cancel).ConfigureAwait(false);
        Finding[] findings = unbounded is null ? [] :
        [
            Finding.Of(Check, FindingKind.WalSlotUnbounded, facts.Id, new RelationName(0, $"slot {unbounded}"),
                $"{WalReceiver.Unbounded}; backups.wal_up_to holds only as long as one does: {WalReceiver.BoundHint(options.Backups.WalUpTo)}"),
        ];
        // whichever of the server's targets it failed for, it is received for all of them now
        foreach (var received in (await house.Ledger.WalTroubledAsync(facts.Id.SystemIdentifier, cancel).ConfigureAwait(false)).Append(id).Distinct())
        {
            // what waits is over when two looks say so, and this one was long enough for both
            await TakeInAsync(target, received, received == id ? findings : [], [0], [], cancel).ConfigureAwait(false);
            await TakeInAsync(target, received, received == id ? findings : [], [0], [], cancel).ConfigureAwait(false);
        }
    }

    private Task TakeInAsync(Target target, long id, Finding[] findings, long[] examined, string[] names, CancellationToken cancel) =>
        runner.TakeInAsync(target, id, new(Check, CheckReport.StatusOf(findings), TimeSpan.Zero, null, findings, examined) { ExaminedNames = names }, null, static _ => { }, cancel);
}
