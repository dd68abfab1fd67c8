using Npgsql;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Which processes of a clone died, by its own log.</summary>
internal sealed class CloneCrashes(Clone clone, TimeProvider clock)
{
    private const string Died = "was terminated by signal ";
    /// <summary>Whoever sends this one is short of memory, or impatient; no damage does.</summary>
    private const string Killed = Died + "9";
    private static readonly TimeSpan Told = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Back = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    public int Count => Lines().Count;

    /// <summary>What the server says of a death since, which it takes a moment to notice; null: of none, or of one that came from outside. Afterwards it takes sessions again, where it can.</summary>
    /// <param name="count">As it was before a session was lost.</param>
    public async Task<string?> SinceAsync(int count, CancellationToken cancel)
    {
        var said = await WaitAsync(Told, () => Task.FromResult(Lines().Skip(count).FirstOrDefault()), cancel).ConfigureAwait(false);
        await WaitAsync(Back, async () => await AnswersAsync(cancel).ConfigureAwait(false) ? "" : null, cancel).ConfigureAwait(false);
        return said?.Contains(Killed, StringComparison.Ordinal) == true ? null : said;
    }

    private async Task<string?> WaitAsync(TimeSpan limit, Func<Task<string?>> look, CancellationToken cancel)
    {
        for (var began = clock.GetTimestamp(); ;)
        {
            if (await look().ConfigureAwait(false) is { } seen)
            {
                return seen;
            }
            if (clock.GetElapsedTime(began) > limit)
            {
                return null;
            }
            await Task.Delay(Pause, clock, cancel).ConfigureAwait(false);
        }
    }

    private async Task<bool> AnswersAsync(CancellationToken cancel)
    {
        try
        {
            await using var session = await clone.OpenAsync("template1", cancel).ConfigureAwait(false);
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private List<string> Lines() => File.Exists(clone.Log) ? [.. File.ReadLines(clone.Log).Where(l => l.Contains(Died, StringComparison.Ordinal))] : [];
}
