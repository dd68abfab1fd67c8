namespace HealingWorkers.Dashboard.Outage;

/// <summary>How long the control database may say nothing, and how long a request waits for it.</summary>
/// <param name="Silent">From here on whoever waits for it should not wait longer.</param>
/// <param name="Away">From here on it is away.</param>
/// <param name="Patience">A request gives up a database that is silent.</param>
/// <param name="AllTogether">With the last known state it is answered by then, or refused.</param>
public sealed record OutageBounds(TimeSpan Silent, TimeSpan Away, TimeSpan Patience, TimeSpan AllTogether)
{
    public static readonly OutageBounds Usual = new(TimeSpan.FromSeconds(1.2), TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(1.6), TimeSpan.FromSeconds(1.9));
}
