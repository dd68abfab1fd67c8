namespace HealingWorkers.Dashboard.Pages.Serving;

/// <summary>
/// The last good rendering of each page. Two who ask within a moment get the same one, so that many open dashboards cost what one does;
/// when the control database is away, everybody gets it with its age.
/// </summary>
internal sealed class PageMemory(TimeProvider clock)
{
    private const int Most = 200;
    private const long MostCharacters = 20_000_000;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(1);

    private readonly Lock _one = new();
    private readonly Dictionary<string, Entry> _pages = new(StringComparer.Ordinal);
    private long _epoch;
    private long _uses;

    /// <summary>Something was changed from here: nothing rendered or being rendered is fresh any more.</summary>
    public void Changed()
    {
        lock (_one)
        {
            _epoch++;
        }
    }

    /// <summary>The page as it was a moment ago, or as somebody else is rendering it now, or rendered by <paramref name="render"/>.</summary>
    /// <param name="mayRender">Asked before a new rendering; where it says no, the answer is null.</param>
    public Task<RenderedPage?> GetAsync(string key, Func<bool> mayRender, Func<Task<RenderedPage>> render)
    {
        TaskCompletionSource<RenderedPage?> mine;
        lock (_one)
        {
            var entry = Find(key);
            if (entry.Epoch == _epoch && entry.Last is { } last && clock.GetUtcNow() - last.At < Fresh)
                return Task.FromResult<RenderedPage?>(last);
            if (entry.Epoch == _epoch && entry.Running is { } running)
                return running;
            if (!mayRender())
                return Task.FromResult<RenderedPage?>(null);
            mine = new TaskCompletionSource<RenderedPage?>(TaskCreationOptions.RunContinuationsAsynchronously);
            (entry.Epoch, entry.Running) = (_epoch, mine.Task);
        }
        return RunAsync(key, mine, render);
    }

    public RenderedPage? Last(string key)
    {
        lock (_one)
        {
            return _pages.GetValueOrDefault(key)?.Last;
        }
    }

    private async Task<RenderedPage?> RunAsync(string key, TaskCompletionSource<RenderedPage?> mine, Func<Task<RenderedPage>> render)
    {
        try
        {
            var page = await render();
            End(key, mine, page);
            mine.SetResult(page);
        }
        catch (Exception e)
        {
            End(key, mine, null);
            mine.SetException(e);
        }
        return await mine.Task;
    }

    private void End(string key, TaskCompletionSource<RenderedPage?> mine, RenderedPage? page)
    {
        lock (_one)
        {
            var entry = Find(key);
            if (entry.Running == mine.Task)
                entry.Running = null;
            if (page is not null)
                entry.Last = page;
            while (_pages.Count > Most || _pages.Values.Sum(e => (long)(e.Last?.Html.Length ?? 0)) > MostCharacters)
                _pages.Remove(_pages.MinBy(p => p.Value.Used).Key);
        }
    }

    private Entry Find(string key)
    {
        if (!_pages.TryGetValue(key, out var entry))
            _pages[key] = entry = new Entry();
        entry.Used = ++_uses;
        return entry;
    }

    private sealed class Entry
    {
        public RenderedPage? Last { get; set; }
        public Task<RenderedPage?>? Running { get; set; }
        public long Epoch { get; set; }
        public long Used { get; set; }
    }
}
