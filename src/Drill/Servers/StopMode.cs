namespace HealingWorkers.Drill;

public enum StopMode
{
    /// <summary>Ends all sessions, checkpoints and stops cleanly.</summary>
    Fast,

    /// <summary>Stops without a checkpoint: the next start recovers from the log.</summary>
    Immediate,
}
