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
    private readonly ConditionalWeakTable<NpgsqlConnection, ReadingSession> _sessions = [];
    private readonly ConcurrentDictionary<string, DeadlyRead> _known = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, DeadlyRead> _met = new(StringComparer.Ordinal);
    /// <summary>Objects with a note, which goes when one of them was read to its end.</summary>
    private readonly ConcurrentDictionary<string, bool> _left = new(StringComparer.Ordinal);
    private readonly CheckRequest _request;
    private readonly TargetFacts _facts;
    private readonly string _check;
    private bool _mute;

    private DeadlyReads(string check, CheckRequest request, TargetFacts facts) => (_check, _request, _facts) = (check, request, facts);

    /// <summary>How long a session that was told to stop is waited for, before it is ended, and then until it is given up.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What this run met: a finding each.</summary>
    public IReadOnlyList<Finding> Findings => [.. _met.Values.Select(d => d.Finding(_facts.Id)).OrderBy(f => f.Object.Quoted, StringComparer.Ordinal)];

    /// <summary>A table was passed by for what others found: once that is repaired, a second look tells more.</summary>
    public bool LeftAlone { get; private set; }

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
            reads.Keep(read);
        }
        foreach (var left in request.Memory is null ? [] : (await request.Memory.RecallAllAsync(facts.Id, reads.Notes, cancel).ConfigureAwait(false)).Keys)
        {
            reads._left[left] = true;
        }
        return reads;
    }

    /// <summary>Why a table's rows are left alone, by what others found; null where they are not, or where this check has a fence of its own, which tells of itself.</summary>
    public string? WhyNotRows(RelationName table) => Noted(Fence(table) is null ? _request.Known.WhyNotRows(table.Oid) : null);

    /// <summary>The same for a read that may go by an index.</summary>
    public string? WhyNotAtAll(RelationName table) => Noted(Fence(table) is null ? _request.Known.WhyNotAtAll(table.Oid) : null);

    private string? Noted(string? why)
    {
        LeftAlone |= why is not null;
        return why;
    }

    /// <summary>For a read of several pieces: whether one of them is fenced off is said before the first.</summary>
    /// <exception cref="DeadlyReadException">It is.</exception>
    public void Refuse(RelationName obj)
    {
        if (Fence(obj) is { } known)
        {
            _met[known.Object] = known;
            throw new DeadlyReadException(known);
        }
    }

    /// <param name="connection">The open session that reads.</param>
    /// <param name="statement">What is sent, as a person would send it: it is shown in the incident.</param>
    /// <param name="read">Must end when its token is cancelled, as the driver's calls do.</param>
    /// <param name="limit">Longer than this it is called back (as 57014, when it lets itself be called back); by default as long as a statement of a check may take.</param>
    /// <param name="risky">Writes down beforehand that it is read, for the case that nobody is left to tell: two writes to the ledger.</param>
    /// <exception cref="DeadlyReadException">It is fenced off, or has just become so.</exception>
    public async Task<T> GuardAsync<T>(NpgsqlConnection connection, ReadObject obj, string statement, Func<CancellationToken, Task<T>> read, CancellationToken cancel, TimeSpan? limit = null, bool risky = false)
    {
        obj.All.ForEach(Refuse);
        var session = await SessionAsync(connection, cancel).ConfigureAwait(false);
        var noted = risky && await NoteAsync(session, obj, statement, Clock.GetUtcNow() + (limit ?? ReadLimit.Longest) + 3 * Patience, cancel).ConfigureAwait(false);
        string? told = null;
        void Hear(object sender, NpgsqlNoticeEventArgs e) => told = e.Notice.SqlState is SqlState.CrashShutdown or SqlState.AdminShutdown ? e.Notice.SqlState : told;
        connection.Notice += Hear;
        using var late = new CancellationTokenSource(limit ?? ReadLimit.Longest, Clock);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        T value;
        try
        {
            value = await read(stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (late.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            if (connection.FullState != System.Data.ConnectionState.Open && await HeldAsync(session, cancel).ConfigureAwait(false) is { } how)
            {
                throw await FenceAsync(obj, statement, how, e, cancel).ConfigureAwait(false);
            }
            await DoneAsync(obj, noted, cancel).ConfigureAwait(false);
            throw e.InnerException as PostgresException ?? (Exception)new TimeoutException($"{obj.Quoted} took longer than a check may", e);
        }
        catch (NpgsqlException e) when (!cancel.IsCancellationRequested && IsLoss(e))
        {
            var crashed = await LostSession.CrashedServerAsync(_request.Target, session, told ?? e.SqlState, cancel).ConfigureAwait(false);
            if (crashed == true)
            {
                throw await FenceAsync(obj, statement, "the server crashed", e, cancel).ConfigureAwait(false);
            }
            if (crashed == false)
            {
                // it was another's read, or somebody's will: this one let itself be ended
                await DoneAsync(obj, noted, cancel).ConfigureAwait(false);
            }
            else if (!noted)
            {
                // nobody listens to that session any more: should it go on, it does so for nobody
                await NoteAsync(session, obj, statement, Clock.GetUtcNow(), cancel, lost: true).ConfigureAwait(false);
            }
            throw;
        }
        catch (OperationCanceledException e) when (e.InnerException is PostgresException)
        {
            // whoever stops this run got an answer: it does not hang
            await DoneAsync(obj, noted, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            await DoneAsync(obj, noted, cancel).ConfigureAwait(false);
            throw;
        }
        finally
        {
            connection.Notice -= Hear;
        }
        await DoneAsync(obj, noted, cancel).ConfigureAwait(false);
        return value;
    }

    public Task GuardAsync(NpgsqlConnection connection, ReadObject obj, string statement, Func<CancellationToken, Task> read, CancellationToken cancel, TimeSpan? limit = null, bool risky = false) =>
        GuardAsync(connection, obj, statement, async token =>
        {
            await read(token).ConfigureAwait(false);
            return true;
        }, cancel, limit, risky);

    /// <summary>Null where this check may read it.</summary>
    private DeadlyRead? Fence(RelationName obj) =>
        _known.TryGetValue(obj.Quoted, out var known) && (known.Oid == obj.Oid || known.Beside.Any(b => b == obj)) ? known : null;

    private void Keep(DeadlyRead read)
    {
        foreach (var beside in read.Beside)
        {
            _known.TryAdd(beside.Quoted, read);
        }
        _known[read.Object] = read;
    }

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

    /// <summary>A note that is still there tells of a look that nobody finished, or that somebody else is at.</summary>
    /// <param name="until">When it is called back at the latest: whoever is still at it then has nobody who could.</param>
    /// <param name="lost">The session is gone already, so that it is known now whether the server went down meanwhile; what becomes of it later is nothing to it.</param>
    /// <returns>False where nothing was written down.</returns>
    private async Task<bool> NoteAsync(ReadingSession session, ReadObject obj, string statement, DateTimeOffset until, CancellationToken cancel, bool lost = false)
    {
        if (_request.Memory is not { } memory || _mute)
        {
            return false;
        }
        try
        {
            var down = 0;
            if (await memory.RecallAsync(_facts.Id, Notes, obj.Quoted, cancel).ConfigureAwait(false) is { } left && JsonNode.Parse(left) is JsonObject note)
            {
                var before = new ReadingSession((int)note["pid"]!, DateTime.Parse((string)note["start"]!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind));
                await using var other = await _request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
                if (before != session && await before.IsActiveAsync(other, cancel).ConfigureAwait(false))
                {
                    if (IsWithin(note))
                    {
                        // another run of this check reads the same: the note is its own
                        return false;
                    }
                    throw await FenceAsync(obj, statement, await EndedAsync(before, other, cancel).ConfigureAwait(false), null, cancel).ConfigureAwait(false);
                }
                down = (int)note["down"]! + ((bool?)note["counted"] != true && await before.IsBeforeRestartAsync(other, cancel).ConfigureAwait(false) ? 1 : 0);
            }
            var restarted = lost ? await IsBeforeRestartAsync(session, cancel).ConfigureAwait(false) : null;
            down += restarted == true ? 1 : 0;
            if (down >= TimesDown)
            {
                throw await FenceAsync(obj, statement, $"{down} times in a row the server went down", null, cancel).ConfigureAwait(false);
            }
            _left[obj.Quoted] = true;
            await memory.RememberAsync(_facts.Id, Notes, obj.Quoted, new JsonObject
            {
                ["pid"] = session.Pid, ["start"] = DateTime.SpecifyKind(session.Start, DateTimeKind.Utc).ToString("O", CultureInfo.InvariantCulture), ["statement"] = statement, ["down"] = down,
                ["until"] = until.ToString("O", CultureInfo.InvariantCulture), ["counted"] = restarted is not null,
            }.ToJsonString(), cancel).ConfigureAwait(false);
            return true;
        }
        catch (NpgsqlException) when (!cancel.IsCancellationRequested)
        {
            // a ledger that is away keeps nobody from looking, and is not asked again in this run
            _mute = true;
            return false;
        }
    }

    /// <summary>Null where the server does not answer.</summary>
    private async Task<bool?> IsBeforeRestartAsync(ReadingSession session, CancellationToken cancel)
    {
        try
        {
            await using var other = await _request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
            return await session.IsBeforeRestartAsync(other, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HealingException or NpgsqlException && !cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    private bool IsWithin(JsonObject note) =>
        DateTimeOffset.TryParse((string?)note["until"], CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out var until) && Clock.GetUtcNow() < until;

    private async Task DoneAsync(ReadObject obj, bool noted, CancellationToken cancel)
    {
        if ((!_left.TryRemove(obj.Quoted, out _) && !noted) || _request.Memory is not { } memory)
        {
            return;
        }
        try
        {
            await memory.ForgetAsync(_facts.Id, Notes, obj.Quoted, cancel).ConfigureAwait(false);
        }
        catch (NpgsqlException) when (!cancel.IsCancellationRequested)
        {
            // the next look finds the note, and nobody who still reads
            _mute = true;
        }
    }

    private async Task<DeadlyReadException> FenceAsync(ReadObject obj, string statement, string how, Exception? why, CancellationToken cancel)
    {
        var read = new DeadlyRead(_check, obj.Name.Oid, obj.Quoted, statement, how, Clock.GetUtcNow()) { Table = obj.Table, Beside = obj.Beside };
        Keep(read);
        _met[obj.Quoted] = read;
        if (_request.Memory is { } memory)
        {
            try
            {
                await memory.RememberAsync(_facts.Id, Topic, obj.Quoted, read.Json(), cancel).ConfigureAwait(false);
                await memory.ForgetAsync(_facts.Id, Notes, obj.Quoted, cancel).ConfigureAwait(false);
            }
            catch (NpgsqlException) when (!cancel.IsCancellationRequested)
            {
                // the report tells of it all the same
                _mute = true;
            }
        }
        return new(read, why);
    }

    /// <summary>Cut off, by whatever it was, and not answered with an error.</summary>
    private static bool IsLoss(NpgsqlException e) => e is not PostgresException || e.SqlState is SqlState.CrashShutdown or SqlState.AdminShutdown;
}
