namespace HealingWorkers.Jobs.Schedule;

/// <param name="Lease">How long a silent process keeps a run.</param>
public sealed record RunnerSettings(string Worker, TimeSpan Lease)
{
    /// <summary>Every sixth of the lease, so that a few lost ones do no harm.</summary>
    public TimeSpan Heartbeat => Lease / 6;

    /// <summary>So many runs of a job in lanes are under way on one target at once, in the whole fleet; 0 is any number.</summary>
    public int LaneWidth { get; init; }

    /// <summary>How long the end of a run is tried to be written while the control database is away; after that the lease tells.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(30);
}
