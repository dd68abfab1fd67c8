namespace HealingWorkers.Dashboard.Access;

/// <summary>Counts failures by key within a window, in memory that never grows: keys share places, by a hash that nobody can foresee.</summary>
internal sealed class FailureCounts(int places, int allowed, TimeSpan window, TimeProvider clock)
{
    private readonly (long Since, int Count)[] _counts = new (long, int)[places];
    private readonly Lock _one = new();

    /// <summary>How long the key has to wait; null where it need not.</summary>
    public TimeSpan? Wait(string key)
    {
        lock (_one)
        {
            var (since, count) = _counts[Place(key)];
            var left = window - clock.GetElapsedTime(since);
            return count >= allowed && left > TimeSpan.Zero ? left : null;
        }
    }

    /// <summary>True for the failure that closes the door.</summary>
    public bool Add(string key)
    {
        lock (_one)
        {
            ref var place = ref _counts[Place(key)];
            if (place.Count == 0 || clock.GetElapsedTime(place.Since) >= window)
                place = (clock.GetTimestamp(), 0);
            return ++place.Count == allowed;
        }
    }

    public void Forget(string key)
    {
        lock (_one)
        {
            _counts[Place(key)] = default;
        }
    }

    // string.GetHashCode is seeded anew in every process.
    private int Place(string key) => (int)((uint)StringComparer.Ordinal.GetHashCode(key) % (uint)_counts.Length);
}
