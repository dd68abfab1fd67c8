using HealingWorkers.Jobs.Ledger;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Something small that a worker does again and again beside its jobs; what fails is told once, tried on with growing pauses, and told when it is over.</summary>
internal sealed class KeepOn(string what, TimeSpan every, Func<CancellationToken, Task> work, TimeProvider clock, ILogger logger)
{
    public async Task RunAsync(CancellationToken cancel)
    {
        var outage = new OutageLog(logger, clock, what);
        while (!cancel.IsCancellationRequested)
        {
            var pause = every;
            try
            {
                await work(cancel).ConfigureAwait(false);
                outage.Over();
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                pause = outage.Failed(MissingTable.Explain(e) ?? e);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            try
            {
                await Task.Delay(pause, clock, cancel).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
