using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Tells of an outage once when it begins and once when it is over, and says how long to wait meanwhile.</summary>
internal sealed class OutageLog(ILogger logger, TimeProvider clock, string what)
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private int _failures;
    private long _since;

    public TimeSpan Failed(Exception e)
    {
        if (_failures++ == 0)
        {
            _since = clock.GetTimestamp();
            logger.LogWarning("{What}: {Reason}. It goes on trying", what, Options.Redactor.Text(e is Errors.HealingException || LedgerPatience.IsOutage(e) ? e.Message : e.ToString()));
        }
        var pause = TimeSpan.FromMilliseconds(250 * Math.Pow(2, Math.Min(_failures, 8)) * (0.75 + Random.Shared.NextDouble() / 2));
        return pause < Longest ? pause : Longest;
    }

    public void Over()
    {
        if (_failures > 0)
        {
            logger.LogInformation("{What}: over after {Seconds:0} s", what, clock.GetElapsedTime(_since).TotalSeconds);
        }
        _failures = 0;
    }
}
