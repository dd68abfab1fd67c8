using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

public enum RowFate
{
    /// <summary>Its page should not be called all-visible: the map is wrong, the row's bits are not.</summary>
    MapIsWrong,

    /// <summary>Made by a transaction that committed, removed by none, and yet its own bits hide it.</summary>
    Hidden,

    /// <summary>
    /// Made by a transaction that committed, removed by none, and shown by its bits: whatever the map says, nobody sees anything false.
    /// The server's own function takes a transaction that is open in another database for one that might not see it.
    /// </summary>
    Sound,

    /// <summary>Not enough is known to say which.</summary>
    Unsure,
}

/// <summary>
/// A row that is not visible to all, in a page that the map says is: either the map lies, or the row's hint bits do. In the first case
/// the map has to go; in the second that would lose the row, because the map is all that still shows it.
/// </summary>
public sealed class RowTruth(Target target, TargetFacts facts, NpgsqlConnection connection, RelationName table)
{
    private IServerFiles? _files;
    private string? _path;
    private bool _looked;
    private bool _written;

    public async Task<IReadOnlyDictionary<int, RowFate>> OfBlockAsync(long block, IReadOnlyList<int> offsets, CancellationToken cancel)
    {
        var (rows, status) = await RowsAsync(block, offsets, cancel).ConfigureAwait(false);
        if (_files is not null && !_written && rows.Exists(r => r.IsWorthWriting(status)))
        {
            // once for a table: somebody is always at some row of a busy one
            _written = true;
            if (await Checkpoint.TryAsync(connection, cancel).ConfigureAwait(false))
            {
                (rows, status) = await RowsAsync(block, offsets, cancel).ConfigureAwait(false);
            }
        }
        return rows.ToDictionary(r => r.Place.Offset, r => r.Fate(status));
    }

    private async Task<(List<Row> Rows, Func<long, string?> Status)> RowsAsync(long block, IReadOnlyList<int> offsets, CancellationToken cancel)
    {
        var page = await PageAsync(block, cancel).ConfigureAwait(false);
        var seen = await SeenAsync(block, cancel).ConfigureAwait(false);
        var rows = offsets.Select(o => new Row(new(block, o), page?.Tuple(o), page?.Header.AllVisible, page?.IsDead(o) == true, seen?.GetValueOrDefault(o))).ToList();
        var ids = rows.SelectMany(r => new[] { r.Xmin, r.Xmax }).OfType<long>().Where(x => x > 0).Distinct().ToArray();
        var status = (await connection.QueryAsync<(long Id, string? Status)>(new CommandDefinition(Sql.Of<ICheck>("transaction_status"), new { ids }, cancellationToken: cancel)).ConfigureAwait(false))
            .ToDictionary(s => s.Id, s => s.Status);
        return (rows, x => status.GetValueOrDefault(x));
    }

    private async Task<HeapPage?> PageAsync(long block, CancellationToken cancel)
    {
        if (!_looked)
        {
            _looked = true;
            _files = await ServerFilesFinder.FindAsync(target, facts, connection, cancel).ConfigureAwait(false);
            _path = await HeapSize.PathAsync(connection, table.Oid, cancel).ConfigureAwait(false);
        }
        return _files is null || _path is null ? null : await HeapPage.ReadAsync(_files, _path, block, cancel).ConfigureAwait(false);
    }

    /// <summary>Null where we may not read the table.</summary>
    private async Task<Dictionary<int, SeenRow>?> SeenAsync(long block, CancellationToken cancel)
    {
        try
        {
            // on a small table the planner would rather read all of it
            await connection.ExecuteAsync(new CommandDefinition("SET enable_seqscan = off", cancellationToken: cancel)).ConfigureAwait(false);
            var rows = (await AskAsync<SeenRow>("rows_seen", new { low = new Tid(block, 0).ToString(), high = new Tid(block, ushort.MaxValue).ToString() }, cancel).ConfigureAwait(false)).ToDictionary(r => Tid.Parse(r.Tid).Offset);
            foreach (var tid in await AskAsync<string>("rows_fetched", new { tids = rows.Values.Select(r => r.Tid).ToArray() }, cancel).ConfigureAwait(false))
            {
                rows[Tid.Parse(tid).Offset] = rows[Tid.Parse(tid).Offset] with { Fetched = true };
            }
            return rows;
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            return null;
        }
    }

    private Task<IEnumerable<T>> AskAsync<T>(string query, object arguments, CancellationToken cancel) =>
        connection.QueryAsync<T>(new CommandDefinition(Sql.Of<ICheck>(query).Replace("{table}", table.Quoted, StringComparison.Ordinal), arguments, cancellationToken: cancel));

    /// <param name="Fetched">Its own bits let it be seen.</param>
    private sealed record SeenRow(string Tid, long Xmin, long Xmax)
    {
        public bool Fetched { get; init; }
    }

    private sealed record Row(Tid Place, HeapTupleHeader? OnDisk, bool? PageSaysVisible, bool IsDead, SeenRow? Seen)
    {
        /// <summary>The copy on disk may be older than the row in memory; then it tells nothing of it.</summary>
        private HeapTupleHeader? Header => OnDisk is { } h && (Seen is null || (h.Xmin == Seen.Xmin && h.Xmax == Seen.Xmax)) ? h : null;

        public long? Xmin => Seen?.Xmin ?? OnDisk?.Xmin;
        public long? Xmax => Seen?.Xmax ?? OnDisk?.Xmax;

        /// <summary>Its page on disk is older than what somebody did with it since, and that matters.</summary>
        public bool IsWorthWriting(Func<long, string?> status) => Seen is { Xmax: not 0 } seen && Header is null && (!seen.Fetched || status(seen.Xmax) == "in progress");

        public RowFate Fate(Func<long, string?> status) =>
            // cleared away after it was removed, which takes from the page the word that all in it is visible
            IsDead && Seen is null ? PageSaysVisible == true ? RowFate.Unsure : RowFate.MapIsWrong
            : Xmin is not { } made || Xmax is not { } removed || WasMade(made, status) is not { } wasMade ? RowFate.Unsure
            : !wasMade ? RowFate.MapIsWrong
            : Seen is { Fetched: true } && IsLockedOrRemoved(removed) ? RowFate.Sound
            : Stays(removed, status) is not { } stays ? RowFate.Unsure
            : !stays ? RowFate.MapIsWrong
            : Seen is { } seen ? (seen.Fetched ? RowFate.Sound : RowFate.Hidden)
            : Header is { BitsHideIt: true } ? RowFate.Hidden : RowFate.Sound;

        /// <summary>Somebody is named who locked it, or removed it, or several who did: without its own bits nobody can tell, nor whether the number is a transaction's.</summary>
        private bool IsLockedOrRemoved(long removed) => removed != 0 && Header is null or { XmaxIsMulti: true };

        /// <summary>By the commit log, not by the row's hint bits, but that it is frozen, which no lock takes back. Null where it does not say.</summary>
        private bool? WasMade(long made, Func<long, string?> status) =>
            OnDisk is { XminFrozen: true } h && h.Xmin == made ? true : status(made) is { } fate ? fate == "committed" : null;

        /// <summary>By the commit log and by what a removal leaves behind. Null where they do not say.</summary>
        private bool? Stays(long removed, Func<long, string?> status) =>
            Header is { WasMoved: true } && Seen is not { Fetched: true } ? null
            : removed == 0 || Header is { XmaxLocksOnly: true } ? true
            : IsLockedOrRemoved(removed) ? null
            : status(removed) switch
            {
                "aborted" => true,
                "in progress" => false,
                "committed" => NotRemoved(),
                _ => null,
            };

        /// <summary>
        /// Whoever removes a row marks it, or points from it to its successor, and takes from its page the word that all in it is visible.
        /// Where all of that is missing nobody removed it; where some is, it cannot be told.
        /// </summary>
        private bool? NotRemoved() => Header is not { } header ? null
            : (header.HasMarksOfRemoval(Place), Seen is not null || PageSaysVisible == true) switch
            {
                (false, true) => true,
                (true, false) => header.XmaxInvalid ? null : false,
                _ => null,
            };
    }
}
