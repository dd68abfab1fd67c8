using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// Takes wrong rows away, or changes them, in short transactions of their own: each looks again, under lock, whether a row is still wrong,
/// keeps it, and is done before anybody has waited long. Whatever was committed stays done when the rest is put off.
/// </summary>
internal sealed class DataRun(RepairSession session, DataWork work, string repair, RepairLimits limits)
{
    private const int Passes = 3;
    private const int Smallest = 10;
    private const int Largest = 4000;
    private static readonly TimeSpan Aim = TimeSpan.FromMilliseconds(120);
    private readonly StatementLog _log = new();
    private int _size = 200;
    private long _rows;
    private long _taken;
    private int _missed;

    public async Task<RepairResult> RunAsync(SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        try
        {
            await TwinConstraint.SweepAsync(session, work.Rows.Table.Oid, _log, cancel).ConfigureAwait(false);
            // those of other tables may be in the way of rows that are referred to, and are no reason to wait
            await TwinConstraint.TryAsync(session, table: null, cancel).ConfigureAwait(false);
            var found = work.Found;
            for (var pass = 1; found.Count > 0; pass++)
            {
                var before = _rows;
                await PassAsync(found, cancel).ConfigureAwait(false);
                if (_missed == 0 && found.Count == found.Places.Count)
                {
                    break;
                }
                found = await work.Rows.FindAsync(session.Target, cancel).ConfigureAwait(false);
                if (found.Count > 0 && (_rows >= work.Found.Count || (pass >= Passes && _rows == before)))
                {
                    return Result(RepairOutcome.Deferred, _rows >= work.Found.Count
                        ? $"{found.Count} more row(s) of {work.Rows.Table.Quoted} have become wrong since it was planned"
                        : $"{found.Count} row(s) of {work.Rows.Table.Quoted} are held by others, or an index says something else about them than the table");
                }
                await Task.Delay(found.Count > 0 && _missed > 0 ? limits.LockBackoff : TimeSpan.Zero, session.Target.Clock, cancel).ConfigureAwait(false);
            }
            return Result(RepairOutcome.Done, _rows == 0 ? "no row was wrong any more" : Told());
        }
        catch (PostgresException e) when (session.Connection.FullState == System.Data.ConnectionState.Open)
        {
            return e.SqlState is SqlState.LockNotAvailable or SqlState.DeadlockDetected
                ? Result(RepairOutcome.Deferred, $"{work.Rows.Table.Quoted} is busy: {e.MessageText}")
                : Result(RepairOutcome.Failed, $"the server refused with {e.SqlState}: {e.MessageText}");
        }
        catch (GrownException e)
        {
            // its batch is rolled back; the next plan counts anew, and policy decides about that
            return Result(RepairOutcome.Deferred, e.Message);
        }
        catch (TwinLeftException e)
        {
            return Result(RepairOutcome.Deferred, e.Told);
        }
        catch (HealingException e)
        {
            return Result(RepairOutcome.Failed, $"{e.Message}. {e.Hint}");
        }
    }

    private string Told() => string.Create(CultureInfo.InvariantCulture, $"{_rows} row(s) of {work.Rows.Table.Quoted} {(work.Set is null ? "taken to quarantine" : $"changed ({string.Join(", ", work.Set.Keys)}), kept in quarantine as they were")}: {work.Reason}");

    private RepairResult Result(RepairOutcome outcome, string reason) =>
        new(outcome, outcome != RepairOutcome.Done && _rows > 0 ? $"{reason}; until then {Told()}" : reason, _log.Sent) { RowsQuarantined = _rows };

    private async Task PassAsync(WrongPlaces found, CancellationToken cancel)
    {
        _missed = 0;
        foreach (var leaf in found.Places.GroupBy(p => p.Leaf))
        {
            var ctids = leaf.Select(p => p.Ctid).ToList();
            for (var from = 0; from < ctids.Count && _rows < work.Found.Count;)
            {
                var piece = ctids.GetRange(from, (int)Math.Min(Math.Min(_size, ctids.Count - from), work.Found.Count - _rows));
                from += piece.Count;
                _missed += piece.Count - await PatientAsync(leaf.Key, piece, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>A lock that does not come is no reason to give up: the rows come up again in the next pass.</summary>
    private async Task<int> PatientAsync(RelationName leaf, IReadOnlyList<string> ctids, CancellationToken cancel)
    {
        var began = session.Target.Clock.GetTimestamp();
        try
        {
            return await BatchAsync(leaf, ctids, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.DeadlockDetected && session.Connection.FullState == System.Data.ConnectionState.Open)
        {
            return 0;
        }
        finally
        {
            // as many the next time as would have taken as long as is aimed at
            var took = session.Target.Clock.GetElapsedTime(began);
            _size = Math.Clamp((int)Math.Min(_size * 2L, ctids.Count * (Aim / (took > TimeSpan.FromMilliseconds(1) ? took : TimeSpan.FromMilliseconds(1)))), Smallest, Largest);
        }
    }

    private async Task<int> BatchAsync(RelationName leaf, IReadOnlyList<string> ctids, CancellationToken cancel)
    {
        await using var transaction = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await DoAsync("data_batch_settings", cancel).ConfigureAwait(false);
        var still = await work.Rows.LockAsync(session, leaf, ctids, cancel).ConfigureAwait(false);
        await DoAsync("data_batch_on", cancel).ConfigureAwait(false);
        if (still.Count == 0)
        {
            return 0;
        }
        await using var batch = await QuarantineBatch.OpenAsync(session, work.Incident, repair, work.Reason, _log, cancel).ConfigureAwait(false);
        // under the lock of this transaction: a column may have been added since the last
        var table = await QuarantineTable.OfAsync(session.Connection, leaf.Oid, cancel).ConfigureAwait(false);
        if (work.Audit is { } audit)
        {
            await audit.WriteAsync(session, work, leaf, still, _log, cancel).ConfigureAwait(false);
        }
        var done = work.Set is null
            ? await batch.DeleteAsync(table, still, cancel).ConfigureAwait(false)
            : await batch.ChangeAsync(table, still, work.Set, cancel).ConfigureAwait(false);
        if (work.Set is null && _taken + batch.Rows > work.MostRows)
        {
            throw new GrownException($"{_taken + batch.Rows} row(s) would go by now, with all that foreign keys take along: more than the {work.MostRows} that it was planned for");
        }
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        _taken += batch.Rows;
        _rows += done;
        return (int)done;
    }

    private Task DoAsync(string query, CancellationToken cancel) =>
        session.Connection.ExecuteAsync(new CommandDefinition(Sql.Of<IndexLook>(query), cancellationToken: cancel));

    private sealed class GrownException(string message) : Exception(message);
}
