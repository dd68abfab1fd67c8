using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>
/// Stands around the reads of one run of a check. A read that brings the server down, or that cannot be called back, is remembered:
/// this check does not read that object again, in this run or a later one, until a person closes or reopens the incident.
/// </summary>
public sealed class DeadlyReads
{
    private const int TimesDown = 2;
    private static readonly TimeSpan Longest = TimeSpan.FromHours(4) + TimeSpan.FromMinutes(1);
    private readonly ConditionalWeakTable<NpgsqlConnection, ReadingSession> _sessions = [];
    private readonly ConcurrentDictionary<string, DeadlyRead> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DeadlyRead> _met = new(StringComparer.Ordinal);
    private readonly CheckRequest _request;
    private readonly TargetFacts _facts;
    private readonly string _check;

    private DeadlyReads(string check, CheckRequest request, TargetFacts facts) => (_check, _request, _facts) = (check, request, facts);

    /// <summary>How long a session that was told to stop is waited for, before it is ended, and then until it is given up.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What this run met: a finding each.</summary>
    public IReadOnlyList<Finding> Findings => [.. _met.Values.Select(d => d.Finding(_facts.Id)).OrderBy(f => f.Object.Quoted, StringComparer.Ordinal)];

    public IEnumerable<RelationName> Met => _met.Values.Select(d => d.Name);

    /// <summary>What was not read because of it, for the report's reason; null when everything was.</summary>
    public string? Reason => _met.IsEmpty ? null : "fenced off, since reading it is deadly: " + string.Join(", ", _met.Keys.Order(StringComparer.Ordinal));

    private string Topic => $"deadly_read:{_check}";
    private string Notes => $"reading:{_check}";
    private TimeProvider Clock => _request.Target.Clock;

    public static async Task<DeadlyReads> OpenAsync(string check, CheckRequest request, TargetFacts facts, CancellationToken cancel)
    {
        var reads = new DeadlyReads(check, request, facts);
        var kept = request.Memory is null ? new Dictionary<string, string>(StringComparer.Ordinal) : await request.Memory.RecallAllAsync(facts.Id, reads.Topic, cancel).ConfigureAwait(false);
        foreach (var read in kept.Values.Select(DeadlyRead.Read).OfType<DeadlyRead>())
        {
            reads._known[read.Object] = read;
        }
        return reads;
    }

    /// <param name="connection">The open session that reads.</param>
    /// <param name="statement">What is sent, as a person would send it: it is shown in the incident.</param>
    /// <param name="read">Must end when its token is cancelled, as the driver's calls do.</param>
    /// <param name="limit">Longer than this it is called back (as 57014, when it lets itself be called back); by default as long as a statement of a check may take.</param>
    /// <param name="risky">Writes down beforehand that it is read, for the case that nobody is left to tell: two writes to the ledger.</param>
    /// <exception cref="DeadlyReadException">It is fenced off, or has just become so.</exception>
    public async Task<T> GuardAsync<T>(NpgsqlConnection connection, RelationName obj, string statement, Func<CancellationToken, Task<T>> read, CancellationToken cancel, TimeSpan? limit = null, bool risky = false)
    {
        if (_known.TryGetValue(obj.Quoted, out var known) && known.Oid == obj.Oid)
        {
            _met[obj.Quoted] = known;
            throw new DeadlyReadException(known);
        }
        var session = await SessionAsync(connection, cancel).ConfigureAwait(false);
        if (risky)
        {
            await NoteAsync(session, obj, statement, cancel).ConfigureAwait(false);
        }
        string? told = null;
        void Hear(object sender, NpgsqlNoticeEventArgs e) => told = e.Notice.SqlState is SqlState.CrashShutdown or SqlState.AdminShutdown ? e.Notice.SqlState : told;
        connection.Notice += Hear;
        using var late = new CancellationTokenSource(limit ?? Longest, Clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            var value = await read(stop.Token).ConfigureAwait(false);
            await DoneAsync(obj, risky, cancel).ConfigureAwait(false);
            return value;
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            if (connection.FullState != System.Data.ConnectionState.Open && await HeldAsync(session, cancel).ConfigureAwait(false) is { } how)
            {
                throw await FenceAsync(obj, statement, how, e, cancel).ConfigureAwait(false);
            }
            await DoneAsync(obj, risky, cancel).ConfigureAwait(false);
            throw e.InnerException as PostgresException ?? (Exception)new TimeoutException($"{obj.Quoted} took longer than a check may", e);
        }
        catch (NpgsqlException e) when (!cancel.IsCancellationRequested && IsLoss(e))
        {
            var crashed = await LostSession.CrashedServerAsync(_request.Target, session, told ?? e.SqlState, cancel).ConfigureAwait(false);
            if (crashed == true)
            {
                throw await FenceAsync(obj, statement, "the server crashed", e, cancel).ConfigureAwait(false);
            }
            if (crashed is null && !risky)
            {
                await NoteAsync(session, obj, statement, cancel).ConfigureAwait(false);
            }
            throw;
        }
        catch (NpgsqlException)
        {
            await DoneAsync(obj, risky, cancel).ConfigureAwait(false);
            throw;
        }
        finally
        {
            connection.Notice -= Hear;
        }
    }

    public Task GuardAsync(NpgsqlConnection connection, RelationName obj, string statement, Func<CancellationToken, Task> read, CancellationToken cancel, TimeSpan? limit = null, bool risky = false) =>
        GuardAsync(connection, obj, statement, async token =>
        {
            await read(token).ConfigureAwait(false);
            return true;
        }, cancel, limit, risky);

    private async Task<ReadingSession> SessionAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (!_sessions.TryGetValue(connection, out var session))
        {
            _sessions.AddOrUpdate(connection, session = await ReadingSession.OfAsync(connection, cancel).ConfigureAwait(false));
        }
        return session;
    }

    /// <summary>Null when the session let itself be called back after all.</summary>
    private async Task<string?> HeldAsync(ReadingSession session, CancellationToken cancel)
    {
        await using var other = await _request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        return await session.EndsAsync(other, Patience, Clock, cancel).ConfigureAwait(false) ? null : await EndedAsync(session, other, cancel).ConfigureAwait(false);
    }

    private async Task<string> EndedAsync(ReadingSession session, NpgsqlConnection other, CancellationToken cancel) =>
        await session.TerminateAsync(other, Patience, Clock, cancel).ConfigureAwait(false) is { } left
            ? $"the backend {session.Pid} did not react to being cancelled and {left}: it goes on until the server is restarted (pg_ctl restart -m immediate)"
            : $"the backend {session.Pid} did not react to being cancelled and had to be ended";

    /// <summary>A note that is still there tells of a look that nobody finished.</summary>
    private async Task NoteAsync(ReadingSession session, RelationName obj, string statement, CancellationToken cancel)
    {
        if (_request.Memory is not { } memory)
        {
            return;
        }
        var down = 0;
        if (await memory.RecallAsync(_facts.Id, Notes, obj.Quoted, cancel).ConfigureAwait(false) is { } left && JsonNode.Parse(left) is JsonObject note)
        {
            var before = new ReadingSession((int)note["pid"]!, DateTime.Parse((string)note["start"]!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind));
            await using var other = await _request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
            if (before != session && await before.IsActiveAsync(other, cancel).ConfigureAwait(false))
            {
                throw await FenceAsync(obj, statement, await EndedAsync(before, other, cancel).ConfigureAwait(false), null, cancel).ConfigureAwait(false);
            }
            down = (int)note["down"]! + (await before.IsBeforeRestartAsync(other, cancel).ConfigureAwait(false) ? 1 : 0);
            if (down >= TimesDown)
            {
                throw await FenceAsync(obj, statement, $"{down} times in a row the server went down", null, cancel).ConfigureAwait(false);
            }
        }
        await memory.RememberAsync(_facts.Id, Notes, obj.Quoted, new JsonObject
        {
            ["pid"] = session.Pid, ["start"] = DateTime.SpecifyKind(session.Start, DateTimeKind.Utc).ToString("O", CultureInfo.InvariantCulture), ["statement"] = statement, ["down"] = down,
        }.ToJsonString(), cancel).ConfigureAwait(false);
    }

    private async Task DoneAsync(RelationName obj, bool noted, CancellationToken cancel)
    {
        if (noted && _request.Memory is { } memory)
        {
            await memory.ForgetAsync(_facts.Id, Notes, obj.Quoted, cancel).ConfigureAwait(false);
        }
    }

    private async Task<DeadlyReadException> FenceAsync(RelationName obj, string statement, string how, Exception? why, CancellationToken cancel)
    {
        var read = new DeadlyRead(_check, obj.Oid, obj.Quoted, statement, how, Clock.GetUtcNow());
        _met[obj.Quoted] = _known[obj.Quoted] = read;
        if (_request.Memory is { } memory)
        {
            await memory.RememberAsync(_facts.Id, Topic, obj.Quoted, read.Json(), cancel).ConfigureAwait(false);
            await memory.ForgetAsync(_facts.Id, Notes, obj.Quoted, cancel).ConfigureAwait(false);
        }
        return new(read, why);
    }

    /// <summary>Cut off, by whatever it was, and not answered with an error.</summary>
    private static bool IsLoss(NpgsqlException e) => e is not PostgresException || e.SqlState is SqlState.CrashShutdown or SqlState.AdminShutdown;
}
