using System.Diagnostics;

namespace HealingWorkers.Drill;

/// <summary>Bounded waiting for something to become true.</summary>
public static class Poll
{
    public static Task UntilAsync(
        Func<bool> condition, TimeSpan timeout, string what, CancellationToken ct = default) =>
        UntilAsync(_ => Task.FromResult(condition()), timeout, what, ct);

    public static async Task UntilAsync(
        Func<CancellationToken, Task<bool>> condition, TimeSpan timeout, string what, CancellationToken ct = default)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition(ct))
        {
            if (clock.Elapsed > timeout)
            {
                throw new TimeoutException($"Not within {timeout.TotalSeconds:0.#} s: {what}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(15), TimeProvider.System, ct);
        }
    }
}
