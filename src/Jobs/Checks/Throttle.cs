using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Rests between pieces of work in proportion to how long they took, so that a check takes no more than its share of a server.</summary>
public sealed class Throttle(Impact impact, TimeProvider clock, TimeSpan? longest = null)
{
    /// <summary>Within a window it is the end that presses.</summary>
    public static readonly TimeSpan Brief = TimeSpan.FromSeconds(30);

    /// <summary>Longer, and what stands between might take the idle session for a dead one.</summary>
    private readonly TimeSpan _longest = longest ?? TimeSpan.FromMinutes(2);

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
        return rest <= TimeSpan.FromMilliseconds(1) ? Task.CompletedTask : Task.Delay(rest < _longest ? rest : _longest, clock, cancel);
    }
}
