using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Rests between pieces of work in proportion to how long they took, so that a check takes no more than its share of a server.</summary>
public sealed class Throttle(Impact impact, TimeProvider clock)
{
    /// <summary>A statement of half a minute is still paid for in full.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    public static readonly Throttle None = new(Impact.High, TimeProvider.System);

    /// <summary>Rest for each unit of work.</summary>
    private double Share => impact switch
    {
        Impact.Low => 9,
        Impact.Normal => 1,
        _ => 0,
    };

    /// <summary>True where nothing is held back: large pieces cost least.</summary>
    public bool IsOff => impact == Impact.High;

    public Task RestAsync(TimeSpan worked, CancellationToken cancel)
    {
        var rest = worked * Share;
        return rest <= TimeSpan.FromMilliseconds(1) ? Task.CompletedTask : Task.Delay(rest < Longest ? rest : Longest, clock, cancel);
    }
}
