using System.Threading.Channels;
using Dapper;
using HealingWorkers.Dashboard.Pages.Serving;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Dashboard.Pages.Live;

/// <summary>Tells all open pages what changed. One cheap query every two seconds, whatever their number, and none while nobody looks.</summary>
internal sealed class ChangeFeed(LedgerDb ledger, TimeProvider clock) : IAsyncDisposable
{
    public const string Away = "away";
    private const int BeatEvery = 5;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private readonly Lock _one = new();
    private readonly HashSet<Channel<string>> _listeners = [];
    private readonly CancellationTokenSource _end = new();
    private Task? _loop;
    private LedgerMarks? _known;

    /// <summary>Topics, several in a message, until <paramref name="listener"/> is given back.</summary>
    public ChannelReader<string> Listen(out IDisposable listener)
    {
        // Whoever reads slowly needs to know only that something changed, not how often.
        var channel = Channel.CreateBounded<string>(new BoundedChannelOptions(8) { FullMode = BoundedChannelFullMode.DropOldest });
        lock (_one)
        {
            _listeners.Add(channel);
            if (_loop is null or { IsCompleted: true })
                _loop = Task.Run(LoopAsync);
        }
        listener = new Leaving(this, channel);
        return channel.Reader;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        Task? loop;
        lock (_one)
        {
            loop = _loop;
            foreach (var channel in _listeners)
                channel.Writer.TryComplete();
        }
        if (loop is not null)
            await loop;
        _end.Dispose();
    }

    private async Task LoopAsync()
    {
        for (var round = 1; !_end.IsCancellationRequested; round++)
        {
            Tell(await TopicsAsync(round % BeatEvery == 0));
            lock (_one)
            {
                if (_listeners.Count == 0)
                {
                    _loop = null;
                    _known = null;
                    return;
                }
            }
            try
            {
                await Task.Delay(Pause, clock, _end.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task<string> TopicsAsync(bool beat)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            limit.CancelAfter(PageDeadline.Limit);
            var marks = await ledger.ReadAsync(c => c.QuerySingleAsync<LedgerMarks>(new CommandDefinition(Sql.Of<ChangeFeed>("changes"), cancellationToken: limit.Token)), limit.Token);
            var first = _known is null;
            var topics = marks.Since(_known);
            _known = marks;
            return string.Join(' ', first ? ["beat"] : beat ? [.. topics, "beat"] : topics);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            _known = null;
            return Away;
        }
    }

    private void Tell(string topics)
    {
        if (topics.Length == 0)
            return;
        lock (_one)
        {
            foreach (var channel in _listeners)
                channel.Writer.TryWrite(topics);
        }
    }

    private sealed class Leaving(ChangeFeed feed, Channel<string> channel) : IDisposable
    {
        public void Dispose()
        {
            lock (feed._one)
            {
                feed._listeners.Remove(channel);
            }
        }
    }
}
