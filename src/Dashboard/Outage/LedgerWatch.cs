using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealingWorkers.Dashboard.Outage;

/// <summary>
/// Asks the control database all the time whether it is there, on a session of its own, more often while somebody asks us for something.
/// A frozen server keeps its sockets open and answers no cancellation either: that it is silent can only be seen by a clock.
/// </summary>
internal sealed class LedgerWatch(string connection, OutageBounds bounds, TimeProvider clock, ILogger log) : IAsyncDisposable
{
    private const int Seconds = 1;
    private const int RefusalsThatTell = 2;
    private static readonly TimeSpan Busy = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _asked = new(0, 1);
    private readonly Lock _one = new();
    private Task _loop = Task.CompletedTask;
    private NpgsqlConnection? _session;
    private long? _askedAt;
    private long _touchedAt;
    private int _refusals;
    private LedgerAway? _away;

    /// <summary>Null while it answers, or may soon.</summary>
    public LedgerAway? Away
    {
        get
        {
            lock (_one)
            {
                return _away ?? (Waited() >= bounds.Away ? _away = Begin("it does not answer") : null);
            }
        }
    }

    /// <summary>It was asked a while ago and has said nothing: whoever waits for it should not wait longer.</summary>
    public bool IsSilent
    {
        get
        {
            lock (_one)
            {
                return _away is not null || _refusals > 0 || Waited() >= bounds.Silent;
            }
        }
    }

    public void Start() => _loop = Task.Run(LoopAsync);

    /// <summary>Somebody wants something: ask now, if it is not being asked.</summary>
    public void Touch()
    {
        lock (_one)
        {
            _touchedAt = clock.GetTimestamp();
            if (_askedAt is null && _asked.CurrentCount == 0)
                _asked.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _loop;
        _end.Dispose();
        _asked.Dispose();
    }

    private async Task LoopAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            var (refusal, answered) = await AskAsync();
            Note(refusal, answered);
            try
            {
                await _asked.WaitAsync(clock.GetElapsedTime(_touchedAt) < Idle || !answered ? Busy : Idle, _end.Token);
                // Touched again and again, it is still asked no more often than this.
                await Task.Delay(Busy / 2, clock, _end.Token);
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }
        await ForgetAsync();
    }

    /// <summary>What it says, or that it says nothing; an attempt that a frozen server holds up is left behind.</summary>
    private async Task<(string? Refusal, bool Answered)> AskAsync()
    {
        lock (_one)
        {
            _askedAt ??= clock.GetTimestamp();
        }
        try
        {
            await QueryAsync().WaitAsync(TimeSpan.FromSeconds(Seconds + 1), clock, _end.Token);
            return (null, true);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException or InvalidOperationException)
        {
            _ = ForgetAsync();
            return (Refusal(e), false);
        }
    }

    private async Task QueryAsync()
    {
        _session ??= await ProbeConnection.OpenAsync(connection, Seconds, _end.Token);
        await using var command = new NpgsqlCommand("SELECT 1", _session);
        await command.ExecuteScalarAsync(_end.Token);
    }

    /// <summary>Null where it only says nothing.</summary>
    private static string? Refusal(Exception e) => e switch
    {
        PostgresException p when p.SqlState.StartsWith("57P", StringComparison.Ordinal) => "it is stopping or starting",
        PostgresException p => $"it refuses ({p.SqlState})",
        NpgsqlException { InnerException: System.Net.Sockets.SocketException } => "nothing listens there",
        _ => null,
    };

    private void Note(string? refusal, bool answered)
    {
        lock (_one)
        {
            if (answered)
            {
                if (_away is { } over)
                    log.LogInformation("The control database answers again after {Seconds:0} s", (clock.GetUtcNow() - over.Since).TotalSeconds);
                (_away, _refusals, _askedAt) = (null, 0, null);
            }
            else if (refusal is not null && ++_refusals >= RefusalsThatTell)
            {
                _away ??= Begin(refusal);
            }
        }
    }

    private LedgerAway Begin(string reason)
    {
        log.LogWarning("The control database is away: {Reason}. The last known state is served, and nothing is changed", reason);
        return new LedgerAway(clock.GetUtcNow(), reason);
    }

    private TimeSpan Waited() => _askedAt is { } at ? clock.GetElapsedTime(at) : TimeSpan.Zero;

    private async Task ForgetAsync()
    {
        if (Interlocked.Exchange(ref _session, null) is not { } session)
            return;
        try
        {
            await session.DisposeAsync();
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            log.LogDebug("a session of the watch did not close: {Error}", e.Message);
        }
    }
}

/// <param name="Reason">In words that tell of no address.</param>
internal sealed record LedgerAway(DateTimeOffset Since, string Reason);
