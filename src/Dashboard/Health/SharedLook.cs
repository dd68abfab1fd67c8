namespace HealingWorkers.Dashboard.Health;

/// <summary>A look that costs the looked-at something: however many ask, there is one at a time, and what it saw is told for a second.</summary>
/// <param name="look">Bounds itself and throws nothing for what it sees; it goes on for the others when one who asked leaves.</param>
internal sealed class SharedLook<T>(Func<Task<T>> look, TimeProvider clock)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);
    private readonly Lock _one = new();
    private Task<Seen>? _looking;

    public async Task<T> SeeAsync(CancellationToken cancel)
    {
        Task<Seen> looking;
        lock (_one)
        {
            if (_looking is null || IsOver(_looking))
                _looking = Task.Run(LookAsync, CancellationToken.None);
            looking = _looking;
        }
        return (await looking.WaitAsync(cancel)).What;
    }

    private bool IsOver(Task<Seen> last) => last.IsCompleted && (!last.IsCompletedSuccessfully || clock.GetElapsedTime(last.Result.At) >= Fresh);

    private async Task<Seen> LookAsync() => new(await look(), clock.GetTimestamp());

    private sealed record Seen(T What, long At);
}
