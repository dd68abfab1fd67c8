using System.Diagnostics;

namespace HealingWorkers.Drill;

/// <summary>Bounded waiting for something to become true.</summary>
public static class Poll
{
    /// <summary>What is waited for has at least this long, whoever waits: a machine with other things to do is no failure.</summary>
    public static TimeSpan AtLeast { get; set; }

    public static Task UntilAsync(
        Func<bool> condition, TimeSpan timeout, string what, CancellationToken ct = default) =>
        UntilAsync(_ => Task.FromResult(condition()), timeout, what, ct);

    public static async Task UntilAsync(
        Func<CancellationToken, Task<bool>> condition, TimeSpan timeout, string what, CancellationToken ct = default)
    {
        var limit = Patient(timeout);
        var clock = Stopwatch.StartNew();
        while (!await condition(ct))
        {
            if (clock.Elapsed > limit)
            {
                throw new TimeoutException($"Not within {limit.TotalSeconds:0.#} s: {what}");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(15), TimeProvider.System, ct);
        }
    }

    internal static TimeSpan Patient(TimeSpan timeout) => timeout > AtLeast ? timeout : AtLeast;
}
