namespace HealingWorkers.Jobs.Alerts;

/// <summary>One way of telling a person.</summary>
public interface IAlertSink
{
    string Name { get; }

    /// <summary>Throws <see cref="AlertRefusedException"/> where this one alert is not wanted; anything else means that the sink is away.</summary>
    Task SendAsync(Alert alert, CancellationToken cancel);
}

/// <summary>A sink that wants to be told again and again what is open, and takes what it no longer hears of for over.</summary>
public interface IStandingSink : IAlertSink
{
    Task SendOpenAsync(IReadOnlyList<Alert> open, CancellationToken cancel);
}

/// <summary>The sink is there and does not take this alert; another one it might.</summary>
public sealed class AlertRefusedException(string message) : Exception(message);

/// <summary>The sink takes nothing now.</summary>
/// <param name="after">When it wants to be asked again, where it said so.</param>
public sealed class SinkAwayException(string message, TimeSpan? after = null) : Exception(message)
{
    public TimeSpan? After => after;
}
