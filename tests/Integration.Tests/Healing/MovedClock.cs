namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>The system's clock, moved while others look at it.</summary>
internal sealed class MovedClock : TimeProvider
{
    public TimeSpan Later { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Later;
}
