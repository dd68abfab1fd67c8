using System.Globalization;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Verifies one table piece by piece; a page that cannot be read costs that page and not the table.</summary>
internal sealed partial class HeapWalk(HeapSession session, HeapTable table, CheckRequest request)
{
    private const int MostDamagedBlocks = 100;
    private const long Piece = 2_048;
    private const long LargePiece = 65_536;
    private const string InternalClass = "XX";
    private const string InvalidParameter = "22023";
    private readonly List<HeapDamageRow> _rows = [];
    private readonly List<UnreadablePage> _unreadable = [];
    private bool _cut;

    public async Task<HeapVerdict> RunAsync(CancellationToken cancel)
    {
        try
        {
            if (await table.SizeAsync(await session.ConnectAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false) is not { } size)
            {
                return new(table, Vanished: true);
            }
            var whole = size.Blocks == 0 ? await EmptyAsync(cancel).ConfigureAwait(false) : await PiecesAsync(size.Blocks, cancel).ConfigureAwait(false);
            return new(table) { Rows = await StillThereAsync(cancel).ConfigureAwait(false), Unreadable = _unreadable, Whole = whole };
        }
        catch (DeadlyReadException e)
        {
            // what was found before it stays found
            return new(table) { Rows = _rows, Unreadable = _unreadable, NotExamined = e.Message };
        }
        catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.QueryCanceled)
        {
            cancel.ThrowIfCancellationRequested();
            return new(table) { NotExamined = e.SqlState == SqlState.LockNotAvailable ? PatientList.HeldByOthers : "it took longer than a check may" };
        }
        catch (PostgresException e) when (e.SqlState != SqlState.InsufficientPrivilege)
        {
            return await GoneAsync(cancel).ConfigureAwait(false) ? new(table, Vanished: true) : new(table) { NotExamined = $"the server said {e.SqlState}: {e.MessageText}" };
        }
        catch (NpgsqlException e) when (e is not PostgresException)
        {
            cancel.ThrowIfCancellationRequested();
            return new(table) { NotExamined = $"the session was lost: {e.Message}" };
        }
    }

    /// <summary>A table without pages has nothing to be verified; one without a file says so here.</summary>
    private async Task<bool> EmptyAsync(CancellationToken cancel)
    {
        try
        {
            _rows.AddRange(await session.VerifyAsync(table.Name, null, null, toast: false, cancel).ConfigureAwait(false));
        }
        catch (PostgresException e) when (e.SqlState is SqlState.UndefinedFile or SqlState.IoError)
        {
            _unreadable.Add(new(null, e));
        }
        return true;
    }

    /// <summary>False when there was so much damage that the rest was not looked at.</summary>
    private async Task<bool> PiecesAsync(long blocks, CancellationToken cancel)
    {
        var piece = request.Throttle.IsOff ? LargePiece : Piece;
        if (request.Scope.Block is { } block)
        {
            (piece, blocks) = (1, Math.Min(blocks, block + 1));
        }
        for (var first = request.Scope.Block ?? 0L; first < blocks && Damaged < MostDamagedBlocks; first += piece)
        {
            var started = request.Target.Clock.GetTimestamp();
            await RangeAsync(first, Math.Min(first + piece, blocks) - 1, toast: true, cancel).ConfigureAwait(false);
            await request.Throttle.RestAsync(request.Target.Clock.GetElapsedTime(started), cancel).ConfigureAwait(false);
        }
        // at the bound nobody knows whether something was left out
        return Damaged < MostDamagedBlocks && !_cut;
    }

    private int Damaged => _unreadable.Count + _rows.Select(r => r.Block).Distinct().Count();

    private async Task RangeAsync(long first, long last, bool toast, CancellationToken cancel)
    {
        if (first > last || Damaged >= MostDamagedBlocks)
        {
            return;
        }
        try
        {
            var rows = await session.VerifyAsync(table.Name, first, last, toast, cancel, table.ToastPages).ConfigureAwait(false);
            if (rows.Count < HeapSession.MostRows)
            {
                _rows.AddRange(rows);
                return;
            }
            // the last block was cut off, and nothing was heard of those behind it
            var from = rows[^1].Block;
            if (from > first)
            {
                _rows.AddRange(rows.Where(r => r.Block != from));
                await RangeAsync(from, last, toast, cancel).ConfigureAwait(false);
                return;
            }
            _cut = true;
            _rows.AddRange(rows);
            await RangeAsync(first + 1, last, toast, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (IsDamage(e))
        {
            if (await GoneAsync(cancel).ConfigureAwait(false))
            {
                // else it would be asked for page by page
                throw;
            }
            if (first < last)
            {
                // the message names the page, unless the trouble is elsewhere
                var middle = Number().Match(e.MessageText) is { Success: true } named && long.TryParse(named.Value, CultureInfo.InvariantCulture, out var at) && at >= first && at <= last ? at : (first + last) / 2;
                await RangeAsync(first, middle - 1, toast, cancel).ConfigureAwait(false);
                await RangeAsync(middle, middle, toast, cancel).ConfigureAwait(false);
                await RangeAsync(middle + 1, last, toast, cancel).ConfigureAwait(false);
            }
            else if (toast)
            {
                // its long values may be what cannot be read: their own table and its index are looked at for themselves
                await RangeAsync(first, first, toast: false, cancel).ConfigureAwait(false);
            }
            else
            {
                _unreadable.Add(new(first, e));
            }
        }
        catch (PostgresException e) when (e.SqlState == InvalidParameter)
        {
            // a VACUUM has cut off the end of the table meanwhile
            var size = await table.SizeAsync(await session.ConnectAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
            if (size is not null && size.Blocks - 1 < last)
            {
                await RangeAsync(first, size.Blocks - 1, toast, cancel).ConfigureAwait(false);
                return;
            }
            throw;
        }
    }

    /// <summary>Others work on the table: only what a second look finds too is told.</summary>
    private async Task<IReadOnlyList<HeapDamageRow>> StillThereAsync(CancellationToken cancel)
    {
        var still = new List<HeapDamageRow>();
        foreach (var block in _rows.Select(r => r.Block).Distinct().Take(MostDamagedBlocks))
        {
            IReadOnlyList<HeapDamageRow> again;
            try
            {
                again = await session.VerifyAsync(table.Name, block, block, toast: true, cancel, table.ToastPages).ConfigureAwait(false);
            }
            catch (PostgresException e) when (IsDamage(e))
            {
                again = await session.VerifyAsync(table.Name, block, block, toast: false, cancel).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState == InvalidParameter)
            {
                // emptied or cut off meanwhile
                continue;
            }
            var first = _rows.Where(r => r.Block == block).Select(r => (r.Offset, r.Attribute, r.Kind)).ToHashSet();
            still.AddRange(again.Where(r => first.Contains((r.Offset, r.Attribute, r.Kind))));
        }
        return still;
    }

    private async Task<bool> GoneAsync(CancellationToken cancel) =>
        await table.IsGoneAsync(await session.ConnectAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);

    internal static bool IsDamage(PostgresException e) =>
        e.SqlState.StartsWith(InternalClass, StringComparison.Ordinal) || e.SqlState is SqlState.UndefinedFile or SqlState.IoError;

    [GeneratedRegex(@"\d+", RegexOptions.None, 1000)]
    private static partial Regex Number();
}

/// <param name="Vanished">Dropped while it was looked at.</param>
internal sealed record HeapVerdict(HeapTable Table, bool Vanished = false)
{
    public IReadOnlyList<HeapDamageRow> Rows { get; init; } = [];
    public IReadOnlyList<UnreadablePage> Unreadable { get; init; } = [];
    /// <summary>False when only a part was looked at.</summary>
    public bool Whole { get; init; }
    public string? NotExamined { get; init; }
    /// <summary>The names of the columns that damage was found in, by their number from 1.</summary>
    public IReadOnlyDictionary<int, string> Columns { get; init; } = new Dictionary<int, string>();
}

/// <param name="Block">Null for the whole file.</param>
internal sealed record UnreadablePage(long? Block, PostgresException Error);
