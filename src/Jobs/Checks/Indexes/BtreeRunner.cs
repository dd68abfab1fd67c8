using System.Collections.Concurrent;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Verifies a list of B-trees over some sessions at once, in the order of the list, one round trip an index.</summary>
internal sealed class BtreeRunner(string check, CheckRequest request, string schema, AmcheckCall call, DeadlyReads deadly)
{
    private readonly ConcurrentQueue<BtreeVerdict> _verdicts = new();
    /// <summary>Tables that were waited for in this round in vain: nobody waits again for each of their indexes.</summary>
    private readonly ConcurrentDictionary<long, bool> _held = [];
    private int _done;

    public async Task<IReadOnlyList<BtreeVerdict>> RunAsync(IReadOnlyList<BtreeIndex> indexes, CancellationToken cancel)
    {
        await RoundAsync(indexes, cancel).ConfigureAwait(false);
        // Whoever held a lock may have gone by now, and a session that another's crash took along was not to blame.
        var busy = _verdicts.Where(v => v.Outcome == BtreeOutcome.NotExamined && v.Error?.SqlState != SqlState.QueryCanceled).Select(v => v.Index).ToList();
        if (busy.Count > 0)
        {
            var kept = _verdicts.Where(v => !busy.Contains(v.Index)).ToList();
            _verdicts.Clear();
            kept.ForEach(_verdicts.Enqueue);
            _done -= busy.Count;
            await RoundAsync(busy, cancel).ConfigureAwait(false);
        }
        return [.. _verdicts];
    }

    private Task RoundAsync(IReadOnlyList<BtreeIndex> indexes, CancellationToken cancel)
    {
        _held.Clear();
        var left = new ConcurrentQueue<BtreeIndex>(indexes);
        var total = _done + indexes.Count;
        return Task.WhenAll(Enumerable.Range(0, Math.Clamp(request.Jobs, 1, Math.Max(1, indexes.Count))).Select(_ => WorkAsync(left, total, cancel)));
    }

    private async Task WorkAsync(ConcurrentQueue<BtreeIndex> left, int total, CancellationToken cancel)
    {
        await using var session = new BtreeSession(request.Target, call.Whole(schema));
        while (left.TryDequeue(out var index))
        {
            request.Progress?.Report(new(check, _done, total, index.Quoted));
            var began = request.Target.Clock.GetTimestamp();
            try
            {
                _verdicts.Enqueue(await VerifyAsync(session, index, cancel).ConfigureAwait(false));
            }
            catch (HealingException away)
            {
                // The server cannot be reached any more: the rest would only wait for it one by one.
                _verdicts.Enqueue(new(index, BtreeOutcome.Failed, $"{index.Quoted}: {away.Message}"));
                while (left.TryDequeue(out var rest))
                {
                    _verdicts.Enqueue(new(rest, BtreeOutcome.Failed, $"{rest.Quoted}: not looked at any more"));
                }
            }
            Interlocked.Increment(ref _done);
            await request.Throttle.RestAsync(request.Target.Clock.GetElapsedTime(began), cancel).ConfigureAwait(false);
        }
    }

    private async Task<BtreeVerdict> VerifyAsync(BtreeSession session, BtreeIndex index, CancellationToken cancel)
    {
        if (_held.ContainsKey(index.Table.Oid))
        {
            return new(index, BtreeOutcome.NotExamined, PatientList.HeldByOthers);
        }
        try
        {
            // The table and not the index: what kills while its rows are looked up would do so again with each index of it.
            await deadly.GuardAsync(await session.OpenAsync(cancel).ConfigureAwait(false), call.ReadsTable ? index.Table : new ReadObject(index.Name) { Table = index.TableOid }, call.Shown(schema, index.Quoted),
                token => session.VerifyAsync(index.Oid, token), cancel, ReadLimit.Of(index.Pages), ReadLimit.IsRisky(index.Pages)).ConfigureAwait(false);
            return new(index, BtreeOutcome.Sound);
        }
        catch (DeadlyReadException e)
        {
            return new(index, BtreeOutcome.Fenced, e.Message);
        }
        catch (PostgresException e) when (e.SqlState is not (SqlState.CrashShutdown or SqlState.AdminShutdown))
        {
            cancel.ThrowIfCancellationRequested();
            if (e.SqlState == SqlState.LockNotAvailable && (await PatientList.HeldAsync(await session.ConnectAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false)).Any(t => t.Oid == index.Table.Oid))
            {
                _held[index.Table.Oid] = true;
            }
            return await JudgeAsync(session, index, e, cancel).ConfigureAwait(false);
        }
        catch (NpgsqlException e)
        {
            return Lost(index, e);
        }
    }

    private async Task<BtreeVerdict> JudgeAsync(BtreeSession session, BtreeIndex index, PostgresException e, CancellationToken cancel)
    {
        try
        {
            var verdict = await new BtreeJudge(call, schema).JudgeAsync(await session.ConnectAsync(cancel).ConfigureAwait(false), index, e, cancel).ConfigureAwait(false);
            return await new SuspectValue(request, deadly).OfAsync(verdict, cancel).ConfigureAwait(false) ?? verdict;
        }
        catch (NpgsqlException lost)
        {
            return Lost(index, lost);
        }
    }

    private static BtreeVerdict Lost(BtreeIndex index, NpgsqlException e) => new(index, BtreeOutcome.NotExamined, $"the session was lost while {index.Quoted} was verified: {e.Message}");
}
