using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Pages;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Looks again at what was suspected, after a checkpoint: what was only not written yet is there by then.</summary>
internal sealed class SecondLook(CheckRequest request, IServerFiles files, RowReader rows, bool checksums, ProbeFlush flush)
{
    private static readonly TimeSpan LongestHeld = TimeSpan.FromMinutes(1);
    private const long MostWhole = 64 << 20;
    private readonly PieceRests _rests = new(request);
    private readonly BrinLook _brin = new(request, files, rows, checksums);

    /// <summary>Entries seem to lead nowhere, and vacuum could not be held off to be certain of it.</summary>
    public bool LeftOpen { get; private set; }
    /// <summary>Indexes with rows that seemed to be missing and could not be read again, and why.</summary>
    public Dictionary<ProbedIndex, string> Unread { get; } = [];

    /// <summary>Null when it was done; else why it could not be.</summary>
    /// <param name="isWritten">Whether what was in the server's memory when they were looked at first is on disk by now.</param>
    public async Task<string?> TakeAsync(IReadOnlyList<IndexSuspects> suspects, bool isWritten, CancellationToken cancel)
    {
        if (!isWritten)
        {
            // what was written last lies in memory only: none of it says anything
            foreach (var s in suspects)
            {
                (s.Dangling, s.Missing, s.Broken) = ([], [], []);
            }
            return "the role may not ask for a checkpoint (pg_checkpoint, from PostgreSQL 15 on), without which the files do not show what is newer";
        }
        await AgainAsync(suspects, () => Task.FromResult(true), cancel).ConfigureAwait(false);
        var left = suspects.Where(s => s.Any).ToList();
        if (left.Count > 0)
        {
            await flush.NowAsync(cancel).ConfigureAwait(false);
            await AgainAsync(left, () => flush.NowAsync(cancel), cancel).ConfigureAwait(false);
        }
        return left.Where(s => s.Dangling.Count > 0).ToList() is { Count: > 0 } dangling ? await HeldOffAsync(dangling, cancel).ConfigureAwait(false) : null;
    }

    /// <summary>Only vacuum takes entries away and then gives their places free: while it is held off, an entry without its row is a loss. Null when that was certain.</summary>
    private async Task<string?> HeldOffAsync(List<IndexSuspects> dangling, CancellationToken cancel)
    {
        var table = dangling[0].Index;
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        var why = await LockAsync(connection, table, cancel).ConfigureAwait(false);
        if (why is null)
        {
            using var late = new CancellationTokenSource(LongestHeld, request.Target.Clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancel);
            try
            {
                await HeldAsync(dangling, either.Token).ConfigureAwait(false);
                if (await StillHeldAsync(connection, cancel).ConfigureAwait(false))
                {
                    return null;
                }
                why = $"the session that held vacuum off {table.TableQuoted} was ended meanwhile";
            }
            catch (Exception e) when (late.IsCancellationRequested && !cancel.IsCancellationRequested && e is OperationCanceledException or PostgresException { SqlState: SqlState.QueryCanceled })
            {
                why = $"entries of {table.Quoted} and its like seem to point at nothing, and to be certain would have held vacuum off {table.TableQuoted}, and those who alter it, for more than {LongestHeld.TotalSeconds:0} seconds";
            }
            LeftOpen = true;
        }
        dangling.ForEach(s => s.Dangling = []);
        return why;
    }

    /// <summary>
    /// What was on disk when the lock came may be older than it. The pages of the index first: whatever they lead to was written before them.
    /// A small index is read whole, since entries move from page to page; of a larger one the pages where they were.
    /// </summary>
    private async Task HeldAsync(List<IndexSuspects> dangling, CancellationToken cancel)
    {
        await flush.NowAsync(cancel).ConfigureAwait(false);
        var passes = new List<IndexPass>();
        foreach (var s in dangling)
        {
            var (pages, format) = (new RelationPages(files, s.Index.Path!), IndexFormat.Of(s.Index.Method)!);
            var blocks = s.Dangling.SelectMany(d => s.On.GetValueOrDefault(d) ?? []).Distinct().Order();
            passes.Add(await (await files.LengthAsync(s.Index.Path!, cancel).ConfigureAwait(false) <= MostWhole
                ? new IndexPass(0, 0, s.Dangling) { Reach = ReachOf(s.Index) }.ReadAsync(pages, format, static () => Task.CompletedTask, cancel)
                : new IndexPass(0, 0, s.Dangling).ReadAsync(pages, format, blocks, cancel)).ConfigureAwait(false));
        }
        await flush.NowAsync(cancel).ConfigureAwait(false);
        foreach (var (s, pass) in dangling.Zip(passes))
        {
            s.Dangling = [.. await StillDanglingAsync(s, pass, cancel).ConfigureAwait(false)];
            s.Entries = pass.Tuples;
        }
    }

    private static GinReach? ReachOf(ProbedIndex index) => index.Method == "gin" ? new() : null;

    private static async Task<bool> StillHeldAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        try
        {
            await using var command = new NpgsqlCommand("SELECT 1", connection);
            return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private async Task<string?> LockAsync(NpgsqlConnection connection, ProbedIndex index, CancellationToken cancel)
    {
        try
        {
            await using var command = new NpgsqlCommand($"SET LOCAL idle_in_transaction_session_timeout = '10min'; LOCK TABLE ONLY {index.TableQuoted} IN SHARE UPDATE EXCLUSIVE MODE", connection);
            await command.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
            return null;
        }
        catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.DeadlockDetected or SqlState.InsufficientPrivilege)
        {
            // a right that is missing does not come by waiting
            LeftOpen = e.SqlState != SqlState.InsufficientPrivilege;
            return $"entries of {index.Quoted} and its like seem to point at nothing, and to be certain vacuum must be held off {index.TableQuoted}, which was not possible: {e.MessageText}";
        }
    }

    private async Task AgainAsync(IReadOnlyList<IndexSuspects> suspects, Func<Task<bool>> flushed, CancellationToken cancel)
    {
        var passes = new List<IndexPass>();
        _rests.Begin();
        foreach (var s in suspects.Where(s => !s.Index.IsBrin))
        {
            var wanted = s.Dangling.Union(s.Missing.Values.SelectMany(m => m.Roots)).ToHashSet();
            var pass = new IndexPass(0, 0, wanted, s.Index.Memory)
            {
                Leaves = s.Index.NewLeaves(), Keys = s.Index.NewKeys(), Reach = ReachOf(s.Index), Checksums = checksums, FollowsLinks = !s.Index.IsBtree,
            };
            passes.Add(await pass.ReadAsync(new(files, s.Index.Path!), IndexFormat.Of(s.Index.Method)!, () => _rests.RestAsync(cancel), cancel).ConfigureAwait(false));
        }
        await flushed().ConfigureAwait(false);
        foreach (var s in suspects.Where(s => s.Index.IsBrin))
        {
            await _brin.AgainAsync(s, cancel).ConfigureAwait(false);
        }
        foreach (var (s, pass) in suspects.Where(s => !s.Index.IsBrin).Zip(passes))
        {
            s.Dangling = [.. await StillDanglingAsync(s, pass, cancel).ConfigureAwait(false)];
            (s.Entries, s.On) = (pass.Tuples, pass.On);
            s.OnBroken = pass.OnBad;
            s.Missing = await StillMissingAsync(s, pass, cancel).ConfigureAwait(false);
            s.Broken = [.. await StillBrokenAsync(s, pass, cancel).ConfigureAwait(false)];
        }
    }

    private async Task<List<HeapPlace>> StillDanglingAsync(IndexSuspects s, IndexPass pass, CancellationToken cancel)
    {
        var heap = new RelationPages(files, s.Index.TablePath!);
        var still = new List<HeapPlace>();
        s.Gone.Clear();
        foreach (var block in s.Dangling.Where(pass.Tuples.ContainsKey).GroupBy(r => r.Block).OrderBy(b => b.Key))
        {
            var page = await heap.ReadAsync(block.Key, cancel).ConfigureAwait(false);
            if (page is not null && page.AsSpan().ContainsAnyExcept((byte)0) && !PageHeader.Read(page).IsSane)
            {
                continue;
            }
            if (page is null ? await IsCutOffAsync(s, heap, block.Key, cancel).ConfigureAwait(false) : HasNoLines(page))
            {
                s.Gone.Add(block.Key);
            }
            still.AddRange(block.Where(r => page is null || !new HeapLines(page).IsUsed(r.Offset)));
        }
        return still;
    }

    private static bool HasNoLines(byte[] page) => new HeapLines(page).Count == 0;

    /// <summary>What was cut off begins where the table ends now; a pointer that was changed leads anywhere.</summary>
    private static async Task<bool> IsCutOffAsync(IndexSuspects s, RelationPages heap, uint block, CancellationToken cancel) =>
        block == 0 || s.Gone.Contains(block - 1) || s.Dangling.Count >= IndexSuspects.Most || await heap.ReadAsync(block - 1, cancel).ConfigureAwait(false) is not null;

    private async Task<Dictionary<HeapPlace, MissingRow>> StillMissingAsync(IndexSuspects s, IndexPass pass, CancellationToken cancel)
    {
        var still = s.Missing.Where(m => !m.Value.Roots.Any(r => pass.Finds(r, m.Value.Code)) || m.Value.Lacking.Any(pass.Lacks)).ToDictionary(m => m.Key, m => m.Value);
        foreach (var block in still.Keys.GroupBy(r => r.Block).ToList())
        {
            var now = await VisibleAsync(s.Index, block.Key, cancel).ConfigureAwait(false);
            foreach (var gone in block.Where(r => !now.TryGetValue(r, out var seen) || seen.Writer != still[r].Writer || seen.Code != still[r].Code).ToList())
            {
                still.Remove(gone);
            }
        }
        return still;
    }

    /// <summary>None where they cannot be read any more, so that nothing is said of them.</summary>
    private async Task<Dictionary<HeapPlace, SeenRow>> VisibleAsync(ProbedIndex index, uint block, CancellationToken cancel)
    {
        try
        {
            return await rows.OfBlocksAsync(index, block, block, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (TableProbe.IsUnreadable(e))
        {
            Unread[index] = $"{e.MessageText} ({e.SqlState})";
            return [];
        }
    }

    private async Task<List<uint>> StillBrokenAsync(IndexSuspects s, IndexPass pass, CancellationToken cancel)
    {
        var pages = new RelationPages(files, s.Index.Path!);
        var still = new List<uint>();
        var broken = pass.Broken;
        foreach (var block in s.Broken.Where(b => pass.IsLedTo(b) || broken.Contains(b)))
        {
            if (s.Index.GinKeys is { } keys && await GinLeaves.IsDisorderedAsync(keys, pages, block, cancel).ConfigureAwait(false))
            {
                still.Add(block);
                continue;
            }
            if ((await PageReading.JudgeBlocksAsync(files, s.Index.Path!, [block], checksums, cancel).ConfigureAwait(false)).Bad.Count > 0)
            {
                still.Add(block);
                continue;
            }
            var again = new IndexPass(0, 0);
            if (await pages.ReadAsync(block, cancel).ConfigureAwait(false) is { } page
                ? !page.AsSpan().ContainsAnyExcept((byte)0) || !PageHeader.Read(page).IsSane || !IndexFormat.Of(s.Index.Method)!.TryRead(block, page, again)
                : pass.IsLedTo(block))
            {
                still.Add(block);
            }
        }
        return still;
    }
}
