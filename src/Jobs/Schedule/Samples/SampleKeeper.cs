using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Keeps how every database is doing, minute by minute, and at both ends of an incident. One worker of the fleet does it, under a lease.</summary>
public sealed class SampleKeeper(HealingOptions options, LedgerDb db, string worker, TimeProvider clock, ILogger<SampleKeeper> logger) : IAsyncDisposable
{
    public const string LeaseName = "samples";
    private const int AtOnce = 8;
    private const int LargestSection = 16 * 1024;
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(60);
    /// <summary>The size of a database is the sum over its files: on a large one not for every minute.</summary>
    private static readonly TimeSpan SizesEvery = TimeSpan.FromMinutes(10);
    private static readonly string[] Costly = ["sizes"];

    private readonly LeaseLedger _leases = new(db);
    private readonly SampleLedger _samples = new(db);
    private readonly DatabaseSnapshot _snapshot = new(clock);
    private readonly SampleExport? _export = options.Samples.Export.Length == 0 ? null : new SampleExport(options.Samples, new SampleLedger(db), clock, logger);
    private readonly string _holder = $"{worker}/{Guid.NewGuid().ToString("N")[..6]}";
    private readonly List<DatabasePlace> _places = [DatabasePlace.Control(options.Control.Connection.Length > 0 ? options.Control.Connection : db.ConnectionString), .. options.Targets.Select(t => DatabasePlace.Of(t, options.Mode))];
    private Lease? _mine;
    private DateTimeOffset? _sizesAt;

    public async Task KeepAsync(CancellationToken cancel)
    {
        if (_mine is not null && !await _leases.RenewAsync(_mine, Lease, cancel).ConfigureAwait(false))
            _mine = null;
        _mine ??= await _leases.TakeAsync(LeaseName, _holder, null, Lease, cancel).ConfigureAwait(false);
        if (_mine is null)
            return;
        await MomentsAsync(cancel).ConfigureAwait(false);
        var slot = await _samples.SlotAsync(options.Samples.Every, cancel).ConfigureAwait(false);
        if (!slot.Taken)
            await TakeAsync(slot, cancel).ConfigureAwait(false);
        if (_export is not null)
            await _export.RunAsync(cancel).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _export?.Dispose();
        if (_mine is { } lease)
        {
            _mine = null;
            try
            {
                await _leases.ReleaseAsync(lease, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(2), clock).ConfigureAwait(false);
            }
            catch (Exception e) when (LedgerOutage.Is(e))
            {
                logger.LogDebug("the lease of samples runs out by itself: {Reason}", e.Message);
            }
        }
    }

    private async Task TakeAsync(SampleSlot slot, CancellationToken cancel)
    {
        var sizes = _sizesAt is not { } last || slot.At - last >= SizesEvery;
        var taken = new NewSample[_places.Count];
        await Parallel.ForEachAsync(Enumerable.Range(0, _places.Count), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel }, async (n, token) =>
        {
            var body = Bounded(await _snapshot.TakeAsync(_places[n], token, sizes ? null : Costly).ConfigureAwait(false));
            taken[n] = new NewSample(_places[n].Role.ToString().ToLowerInvariant(), _places[n].Name, clock.GetUtcNow(), body);
        }).ConfigureAwait(false);
        await _samples.KeepAsync(slot.Slot, taken, cancel).ConfigureAwait(false);
        if (sizes)
            _sizesAt = slot.At;
    }

    private async Task MomentsAsync(CancellationToken cancel)
    {
        foreach (var target in (await _samples.MomentsDueAsync([.. options.Targets.Select(t => t.Name)], cancel).ConfigureAwait(false)).GroupBy(d => d.Target, StringComparer.Ordinal))
        {
            var body = Bounded(await _snapshot.TakeAsync(_places.First(p => p.Role == DatabaseRole.Target && p.Name == target.Key), cancel).ConfigureAwait(false));
            foreach (var due in target)
                await _samples.KeepMomentAsync(due, body, cancel).ConfigureAwait(false);
        }
    }

    private static JsonObject Bounded(JsonObject body)
    {
        foreach (var name in body.Where(s => s.Value?.ToJsonString().Length > LargestSection).Select(s => s.Key).ToList())
            body[name] = new JsonObject { ["unavailable"] = "too large to be kept; `healing metrics` shows it" };
        return body;
    }
}
