namespace HealingWorkers.Drill;

/// <summary>The best that can come of a damage without a donor, best first.</summary>
public enum BestOutcome
{
    /// <summary>As if nothing had been.</summary>
    Lossless,

    /// <summary>Sound again, and what had to go is kept in quarantine.</summary>
    Quarantine,

    /// <summary>Told to a person; nothing that can still be read is lost.</summary>
    Escalated,

    /// <summary>Nothing tells it from a healthy database, or it does no harm.</summary>
    NotDetectable,
}
