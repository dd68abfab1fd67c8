using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The hint bits of a table's rows, read from its files, against the commit log.</summary>
internal sealed class RowBitsLook(NpgsqlConnection connection, IServerFiles files)
{
    public const int Most = 1_000;
    private const int MostRemembered = 100_000;
    private readonly Dictionary<long, string?> _fates = [];

    /// <summary>Pages as well that call themselves all-visible.</summary>
    private bool Everywhere { get; init; }

    /// <summary>Live rows that their bits hide; none of a page that the table itself calls all-visible, which the visibility map still shows.</summary>
    public async Task<IReadOnlyList<HiddenRow>> OfTableAsync(string path, Func<Task> rest, CancellationToken cancel)
    {
        var pages = new RelationPages(files, path);
        var (hidden, live) = (new List<HiddenRow>(), new List<HiddenRow>());
        await pages.EachAsync((block, page) => hidden.AddRange(InPage(block, page)), async () =>
        {
            live.AddRange((await LiveAsync(hidden, cancel).ConfigureAwait(false)).Take(Most - live.Count));
            hidden.Clear();
            await rest().ConfigureAwait(false);
        }, cancel).ConfigureAwait(false);
        return live.Count == 0 ? live : await AgainAsync(pages, live, cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// One block as it is now, in a session of its own, for a repair that is about to change something. A page on disk may be older than the one in
    /// memory, from which VACUUM has taken the row since, and where its place is somebody else's. Null where the files cannot be seen, or no checkpoint be had.
    /// </summary>
    public static async Task<IReadOnlyList<HiddenRow>?> NowAsync(Target target, TargetFacts facts, RelationName table, long block, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        if (await ServerFilesFinder.FindAsync(target, facts, connection, cancel).ConfigureAwait(false) is not { } files || !await Checkpoint.TryAsync(connection, cancel).ConfigureAwait(false))
        {
            return null;
        }
        var path = await HeapSize.PathAsync(connection, table.Oid, cancel).ConfigureAwait(false);
        var look = new RowBitsLook(connection, files);
        return path is not null && await new RelationPages(files, path).ReadAsync((uint)block, cancel).ConfigureAwait(false) is { } page
            ? await look.LiveAsync(look.InPage((uint)block, page), cancel).ConfigureAwait(false) : [];
    }

    /// <summary>Those of these rows that a transaction removed which committed, by the commit log and by the marks that it left. None where the files cannot be seen.</summary>
    public static async Task<IReadOnlyList<HiddenRow>> RemovedAsync(Target target, TargetFacts facts, RelationName table, long block, IReadOnlyList<Tid> rows, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        if (await ServerFilesFinder.FindAsync(target, facts, connection, cancel).ConfigureAwait(false) is not { } files || !await Checkpoint.TryAsync(connection, cancel).ConfigureAwait(false)
            || await HeapSize.PathAsync(connection, table.Oid, cancel).ConfigureAwait(false) is not { } path
            || await new RelationPages(files, path).ReadAsync((uint)block, cancel).ConfigureAwait(false) is not { } bytes)
        {
            return [];
        }
        var page = new HeapPage(bytes);
        var look = new RowBitsLook(connection, files);
        var found = rows.Select(r => page.Tuple(r.Offset) is { } header ? new HiddenRow(r, header, page.Header.AllVisible) : null).OfType<HiddenRow>().ToList();
        await look.LearnAsync(found, cancel).ConfigureAwait(false);
        return [.. found.Where(r => r.WasRemoved(x => look._fates.GetValueOrDefault(x)))];
    }

    /// <summary>
    /// All of a table, for whoever is about to VACUUM it, which removes such rows wherever they are. What has been brought back since its page was
    /// written is none, where a checkpoint can be had. Null where the files cannot be seen.
    /// </summary>
    public static async Task<IReadOnlyList<HiddenRow>?> InTableAsync(Target target, TargetFacts facts, long table, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        if (await ServerFilesFinder.FindAsync(target, facts, connection, cancel).ConfigureAwait(false) is not { } files
            || await HeapSize.PathAsync(connection, table, cancel).ConfigureAwait(false) is not { } path)
        {
            return null;
        }
        var look = new RowBitsLook(connection, files) { Everywhere = true };
        try
        {
            var rows = await look.OfTableAsync(path, () => Task.CompletedTask, cancel).ConfigureAwait(false);
            return rows.Count == 0 || !await Checkpoint.TryAsync(connection, cancel).ConfigureAwait(false) ? rows
                : await look.AgainAsync(new(files, path), rows, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or PostgresException { SqlState: SqlState.UndefinedFile })
        {
            return null;
        }
    }

    /// <summary>A page may be read while the server writes it: only what a second look finds unchanged is told.</summary>
    private async Task<IReadOnlyList<HiddenRow>> AgainAsync(RelationPages pages, IReadOnlyList<HiddenRow> live, CancellationToken cancel)
    {
        var same = new List<HiddenRow>();
        foreach (var block in live.GroupBy(r => r.Place.Block))
        {
            if (await pages.ReadAsync((uint)block.Key, cancel).ConfigureAwait(false) is { } page)
            {
                same.AddRange(block.Intersect(InPage((uint)block.Key, page)));
            }
        }
        return same;
    }

    private async Task<IReadOnlyList<HiddenRow>> LiveAsync(IReadOnlyList<HiddenRow> hidden, CancellationToken cancel)
    {
        var open = await LearnAsync(hidden, cancel).ConfigureAwait(false);
        return [.. hidden.Where(r => !r.Transactions.Any(open.Contains) && r.IsLive(x => _fates.GetValueOrDefault(x)))];
    }

    /// <summary>What became of the transactions that rows name; gives those that are under way.</summary>
    private async Task<IReadOnlySet<long>> LearnAsync(IReadOnlyList<HiddenRow> hidden, CancellationToken cancel)
    {
        if (_fates.Count > MostRemembered)
        {
            _fates.Clear();
        }
        var ids = hidden.SelectMany(r => r.Transactions).Where(x => !_fates.ContainsKey(x)).Distinct().ToArray();
        var open = new HashSet<long>();
        if (ids.Length > 0)
        {
            foreach (var (id, status) in await connection.QueryAsync<(long, string?)>(new CommandDefinition(Sql.Of<ICheck>("transaction_status"), new { ids }, cancellationToken: cancel)).ConfigureAwait(false))
            {
                if (status == "in progress")
                {
                    open.Add(id);
                }
                else
                {
                    _fates[id] = status;
                }
            }
        }
        return open;
    }

    private List<HiddenRow> InPage(uint block, ReadOnlySpan<byte> bytes)
    {
        var rows = new List<HiddenRow>();
        var header = PageHeader.Read(bytes);
        if (!header.IsSane || (header.AllVisible && !Everywhere))
        {
            return rows;
        }
        var page = new HeapPage(bytes.ToArray());
        for (var item = 1; item <= page.Items; item++)
        {
            if (page.Tuple(item) is { BitsHideIt: true } tuple)
            {
                rows.Add(new(new(block, item), tuple, header.AllVisible));
            }
        }
        return rows;
    }
}
