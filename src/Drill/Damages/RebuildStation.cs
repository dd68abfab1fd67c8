namespace HealingWorkers.Drill;

/// <summary>Where a concurrent rebuild is held up.</summary>
public enum RebuildStation
{
    /// <summary>The new, invalid `_ccnew` is there and waits for older writers.</summary>
    Building,

    /// <summary>The indexes have changed names; the old one, `_ccold`, waits for older readers.</summary>
    Swapped,
}
