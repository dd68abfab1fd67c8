using System.Collections.Concurrent;
using HealingWorkers.Drill;
using HealingWorkers.Worker.Commands;

namespace HealingWorkers.Worker.Drills;

/// <summary>All cases of an order, several at a time. A case that fails is a result, not the end of the drill.</summary>
internal sealed class DrillFleet(CommandShell shell, DrillOrder order, Func<DrillResult, IReadOnlyList<DrillResult>, int, Task> tell)
{
    private readonly ConcurrentDictionary<(int, bool), Lazy<Task<CorpusCluster>>> _corpora = new();

    public async Task<IReadOnlyList<DrillResult>> RunAsync(CancellationToken cancel)
    {
        await using var ledgers = await DrillLedger.StartAsync(shell.Clock, cancel).ConfigureAwait(false);
        var cases = order.Cases().ToList();
        var results = new DrillResult?[cases.Count];
        using var oneTells = new SemaphoreSlim(1);
        try
        {
            await Parallel.ForEachAsync(Enumerable.Range(0, cases.Count), new ParallelOptions { MaxDegreeOfParallelism = order.Jobs, CancellationToken = cancel }, async (i, one) =>
            {
                results[i] = await RunAsync(cases[i], ledgers, one).ConfigureAwait(false);
                await oneTells.WaitAsync(one).ConfigureAwait(false);
                try
                {
                    await tell(results[i]!, [.. results.OfType<DrillResult>()], cases.Count).ConfigureAwait(false);
                }
                finally
                {
                    oneTells.Release();
                }
            }).ConfigureAwait(false);
        }
        finally
        {
            foreach (var made in _corpora.Values)
            {
                await (await made.Value.ConfigureAwait(false)).DisposeAsync().ConfigureAwait(false);
            }
        }
        return results!;
    }

    private async Task<DrillResult> RunAsync(DrillCase @case, DrillLedger ledgers, CancellationToken cancel)
    {
        try
        {
            var corpus = await _corpora.GetOrAdd((@case.Binaries.Major, @case.Checksums), _ => new(() => CorpusCluster.MakeAsync(@case.Binaries, @case.Checksums, cancel))).Value.ConfigureAwait(false);
            return await new DrillRunner(shell, corpus, ledgers, @case).RunAsync(cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancel.IsCancellationRequested)
        {
            // Whatever the damage did to the drill itself is told with its seed.
            return new(@case.Name, @case.Binaries.Major, @case.Checksums, @case.Best, Detected: false, DrillOutcome.Failed, [], [], 0, @case.Seed, string.Join(" + ", @case.Damages.Select(d => d.Name)), $"the drill itself failed: {e.GetType().Name}: {e.Message}");
        }
    }
}
