using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Pages;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Looks again at what was suspected, after a checkpoint: what was only not written yet is there by then.</summary>
internal sealed class SecondLook(CheckRequest request, IServerFiles files, RowReader rows, bool checksums, ProbeFlush flush)
{
    private readonly BrinLook _brin = new(request, files, rows, checksums);

    /// <summary>Entries seem to lead nowhere, and vacuum could not be held off to be certain of it.</summary>
    public bool LeftOpen { get; private set; }
    /// <summary>Indexes with rows that seemed to be missing and could not be read again, and why.</summary>
    public Dictionary<ProbedIndex, string> Unread { get; } = [];

    /// <summary>Null when it was done; else why it could not be.</summary>
    public async Task<string?> TakeAsync(IReadOnlyList<IndexSuspects> suspects, CancellationToken cancel)
    {
        if (!await flush.PatientlyAsync(cancel).ConfigureAwait(false))
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
        if (left.Count == 0)
        {
            return null;
        }
        // Only vacuum takes entries away and then gives their places free: while it is held off, an entry without its row is a loss.
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        if (left.Exists(s => s.Dangling.Count > 0) && await LockAsync(connection, left[0].Index, cancel).ConfigureAwait(false) is { } why)
        {
            left.ForEach(s => s.Dangling = []);
            await AgainAsync(left, () => flush.NowAsync(cancel), cancel).ConfigureAwait(false);
            return why;
        }
        await flush.NowAsync(cancel).ConfigureAwait(false);
        await AgainAsync(left, () => flush.NowAsync(cancel), cancel).ConfigureAwait(false);
        if (left.Exists(s => s.Dangling.Count > 0) && !await StillHeldAsync(connection, cancel).ConfigureAwait(false))
        {
            LeftOpen = true;
            left.ForEach(s => s.Dangling = []);
            return $"the session that held vacuum off {left[0].Index.TableQuoted} was ended meanwhile";
        }
        return null;
    }

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
            await using var command = new NpgsqlCommand($"SET LOCAL idle_in_transaction_session_timeout = '1h'; LOCK TABLE ONLY {index.TableQuoted} IN SHARE UPDATE EXCLUSIVE MODE", connection);
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
        foreach (var s in suspects.Where(s => !s.Index.IsBrin))
        {
            var wanted = s.Dangling.Union(s.Missing.Values.SelectMany(m => m.Roots)).ToHashSet();
            passes.Add(await new IndexPass(0, 0, wanted, s.Index.Memory) { Leaves = s.Index.NewLeaves(), Keys = s.Index.NewKeys(), Checksums = checksums }.ReadAsync(new(files, s.Index.Path!), IndexFormat.Of(s.Index.Method)!, static () => Task.CompletedTask, cancel).ConfigureAwait(false));
        }
        await flushed().ConfigureAwait(false);
        foreach (var s in suspects.Where(s => s.Index.IsBrin))
        {
            await _brin.AgainAsync(s, cancel).ConfigureAwait(false);
        }
        foreach (var (s, pass) in suspects.Where(s => !s.Index.IsBrin).Zip(passes))
        {
            s.Dangling = [.. await StillDanglingAsync(s, pass, cancel).ConfigureAwait(false)];
            s.Entries = pass.Tuples;
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
        foreach (var block in s.Broken.Where(b => pass.Links.Contains(b) || broken.Contains(b)))
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
                ? !page.AsSpan().ContainsAnyExcept((byte)0) || !PageHeader.Read(page).IsSane || !IndexFormat.Of(s.Index.Method)!.TryRead(page, again)
                : pass.Links.Contains(block))
            {
                still.Add(block);
            }
        }
        return still;
    }
}
