using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>One look at every sequence of a database.</summary>
internal sealed class SequencesRun(string check, CheckRequest request, TargetFacts facts, DeadlyReads deadly, ColumnQuestion question) : IAsyncDisposable
{
    /// <summary>Whoever inserts his own numbers and then sets the sequence gets this long to do so.</summary>
    private static readonly TimeSpan SecondLook = TimeSpan.FromSeconds(1);

    private readonly List<Finding> _findings = [];
    private readonly List<RelationName> _examined = [];
    private readonly List<string> _hidden = [];
    private readonly List<string> _held = [];
    private readonly Dictionary<RelationName, string> _notCompared = [];
    /// <summary>Tables that were asked once and did not come to an end: nobody waits again for each of their columns.</summary>
    private readonly HashSet<long> _endless = [];
    private NpgsqlConnection? _connection;
    private bool _waited;

    public IReadOnlyList<Finding> Findings => _findings;
    public IReadOnlyList<RelationName> Examined => _examined;
    public IReadOnlyList<string> Hidden => _hidden;
    /// <summary>For damage that others found.</summary>
    public bool LeftAlone { get; private set; }
    public string? Reason => _hidden.Count + _held.Count + _notCompared.Count == 0 && deadly.Reason is null ? null : string.Join("; ", new[]
    {
        _hidden.Count == 0 ? null : $"{_hidden.Count} sequence(s) were not compared, the first is {_hidden[0]}: a role that may not SELECT them and their columns needs that right, pg_read_all_data has it for all",
        _held.Count == 0 ? null : $"not compared with what draws from them: {string.Join(", ", _held.Take(5))}{(_held.Count > 5 ? ", ..." : "")}: {PatientList.HeldByOthers}",
        _notCompared.Count == 0 ? null : $"{_notCompared.Count} sequence(s) not compared with what draws from them: {string.Join("; ", _notCompared.Take(5).Select(n => $"{n.Key.Quoted}: {n.Value}"))}{(_notCompared.Count > 5 ? "; ..." : "")}",
        deadly.Reason,
    }.OfType<string>());

    public async Task LookAsync(CancellationToken cancel)
    {
        var listed = await PatientList.ReadAsync(request.Target, (connection, held) => SequenceLook.AllAsync(connection, null, cancel, held), cancel).ConfigureAwait(false);
        _held.AddRange(listed.Held.Select(h => h.Quoted));
        var sequences = listed.Items;
        var behind = new List<SequenceLook>();
        foreach (var sequence in sequences)
        {
            var began = request.Target.Clock.GetTimestamp();
            request.Progress?.Report(new(check, _examined.Count + _hidden.Count, sequences.Count, sequence.Quoted));
            if (await LookAsync(sequence, cancel).ConfigureAwait(false))
            {
                behind.Add(sequence);
            }
            await request.Throttle.RestAsync(request.Target.Clock.GetElapsedTime(began), cancel).ConfigureAwait(false);
        }
        foreach (var sequence in behind)
        {
            await AgainAsync(sequence, cancel).ConfigureAwait(false);
        }
    }

    /// <returns>True where it seems to be behind its column.</returns>
    private async Task<bool> LookAsync(SequenceLook sequence, CancellationToken cancel)
    {
        if (sequence.OwnerTable is not null && sequence.IsIdentity is false && !sequence.OwnerDraws)
        {
            _findings.Add(Detached(sequence));
        }
        if (!sequence.IsReadable || (sequence.IsUnlogged && facts.IsStandby))
        {
            _hidden.Add(sequence.Quoted);
            return false;
        }
        try
        {
            if (await SequenceState.ReadAsync(await OpenAsync(cancel).ConfigureAwait(false), sequence, cancel).ConfigureAwait(false) is not { } state)
            {
                Unreadable(sequence, "its page is empty");
                return false;
            }
            _examined.Add(sequence.Name);
            var verdict = new SequenceVerdict(check, facts.Id, sequence, state);
            if (verdict.Ending() is { } ending)
            {
                _findings.Add(ending);
            }
        }
        catch (PostgresException e) when (SequenceState.IsDamage(e))
        {
            Unreadable(sequence, e.MessageText);
            return false;
        }
        catch (PostgresException e) when (e.SqlState == SqlState.LockNotAvailable)
        {
            _held.Add(sequence.Quoted);
            return false;
        }
        catch (PostgresException e) when (PatientList.WentMeanwhile(e))
        {
            if (!await PatientList.IsGoneAsync(request.Target, sequence.Oid, cancel).ConfigureAwait(false))
            {
                throw;
            }
            return false;
        }
        if (sequence.Uses.Any(u => !u.IsReadable))
        {
            _hidden.Add(sequence.Quoted);
        }
        return await BehindAsync(sequence, cancel).ConfigureAwait(false) is not null;
    }

    private async Task<Finding?> BehindAsync(SequenceLook sequence, CancellationToken cancel)
    {
        if (sequence.Cycles || sequence.Uses.Any(u => u.IsBeingLoaded) || !sequence.Uses.Any(u => u.CanBeAsked))
        {
            return null;
        }
        if (sequence.Uses.Where(u => u.CanBeAsked).Select(WhyNot).OfType<string>().FirstOrDefault() is { } why)
        {
            return NotCompared(sequence, why);
        }
        try
        {
            var connection = await OpenAsync(cancel).ConfigureAwait(false);
            return (await SequenceVerdict.CompareAsync(connection, question, check, facts.Id, sequence, cancel).ConfigureAwait(false)).Behind;
        }
        catch (EndlessReadException e)
        {
            _endless.Add(e.Use.TableOid);
            return NotCompared(sequence, e.Message);
        }
        catch (DeadlyReadException e)
        {
            return NotCompared(sequence, e.Message);
        }
        catch (PostgresException e) when (e.SqlState is SqlState.QueryCanceled or SqlState.DataCorrupted or SqlState.IndexCorrupted or SqlState.UndefinedFile or SqlState.InternalError)
        {
            cancel.ThrowIfCancellationRequested();
            return NotCompared(sequence, $"{e.MessageText} ({e.SqlState}), which other checks tell");
        }
        catch (PostgresException e) when (e.SqlState is SqlState.UndefinedTable or SqlState.LockNotAvailable)
        {
            // locked, or dropped meanwhile
            cancel.ThrowIfCancellationRequested();
            return null;
        }
    }

    private string? WhyNot(SequenceUse use)
    {
        if (_endless.Contains(use.TableOid))
        {
            return $"the way to the furthest number of another column of {use.Table} does not come to an end (see btree)";
        }
        if (deadly.WhyNotAtAll(use.Name) is not { } why)
        {
            return null;
        }
        LeftAlone = true;
        return $"{use.Table} is left alone, since {why}";
    }

    /// <summary>It is not called sound either.</summary>
    private Finding? NotCompared(SequenceLook sequence, string why)
    {
        _notCompared[sequence.Name] = why;
        _examined.Remove(sequence.Name);
        return null;
    }

    private async Task AgainAsync(SequenceLook first, CancellationToken cancel)
    {
        if (!_waited)
        {
            await Task.Delay(SecondLook, request.Target.Clock, cancel).ConfigureAwait(false);
            _waited = true;
        }
        var listed = await PatientList.ReadAsync(request.Target, (connection, held) => SequenceLook.AllAsync(connection, first.Oid, cancel, held), cancel).ConfigureAwait(false);
        if (listed.Items is [var sequence]
            && await BehindAsync(sequence, cancel).ConfigureAwait(false) is { } finding)
        {
            _findings.Add(finding);
        }
    }

    private void Unreadable(SequenceLook sequence, string said)
    {
        _examined.Add(sequence.Name);
        _findings.Add(Finding.Of(check, FindingKind.SequenceUnreadable, facts.Id, sequence.Name, $"no number can be drawn from it: {said}") with
        {
            Evidence = new JsonObject
            {
                ["said"] = said, ["type"] = sequence.Type, ["increment"] = sequence.Increment, ["min_value"] = sequence.Min, ["max_value"] = sequence.Max,
                ["start"] = sequence.Start, ["cache"] = sequence.Cache, ["cycles"] = sequence.Cycles, ["numbers"] = string.Join(", ", sequence.Draws),
            },
        });
    }

    private Finding Detached(SequenceLook sequence) => Finding.Of(check, FindingKind.SequenceDetached, facts.Id, sequence.Name,
        $"it belongs to {sequence.Owner}, {(sequence.OwnerHasDefault ? "whose default draws from elsewhere" : "which has no default")}");

    /// <summary>The driver gives up a session in which the server spoke of corruption.</summary>
    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancel)
    {
        if (_connection is { FullState: System.Data.ConnectionState.Open } open)
        {
            return open;
        }
        await DisposeAsync().ConfigureAwait(false);
        return _connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
    }
}
