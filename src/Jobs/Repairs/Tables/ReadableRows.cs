using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Pages;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// Finds out which rows of a damaged block can be read, and which of their columns. A row that verify_heapam has nothing to say of may still hold
/// what no output function takes; one by one, such a row costs itself and no other.
/// </summary>
/// <param name="read">Reads these columns of the row there; false where no row is to be seen.</param>
internal sealed class ReadableRows(Func<Tid, IReadOnlyList<QuarantineColumn>, CancellationToken, Task<bool>> read, TimeProvider clock)
{
    /// <summary>A row whose reading ends the session may have ended the server: after so many nothing more is tried.</summary>
    public const int MostLosses = 2;
    public static readonly TimeSpan MostTime = TimeSpan.FromMinutes(2);
    private readonly List<ReadableRow> _found = [];
    private readonly List<UnreadRow> _left = [];
    private long _began;

    /// <summary>How often reading a row ended the session.</summary>
    public int Losses { get; private set; }

    /// <param name="lost">Columns whose values are known to be lost, by the row.</param>
    public async Task<RowsRead> OfAsync(IReadOnlyList<Tid> places, IReadOnlyList<QuarantineColumn> columns, IReadOnlyDictionary<Tid, IReadOnlySet<int>> lost, CancellationToken cancel)
    {
        _began = clock.GetTimestamp();
        for (var i = 0; i < places.Count; i++)
        {
            var why = Losses >= MostLosses ? $"reading others ended {Losses} sessions" : IsOver ? "time was up" : null;
            try
            {
                if (why is null)
                {
                    await OneAsync(places[i], columns, lost.GetValueOrDefault(places[i]), cancel).ConfigureAwait(false);
                    continue;
                }
            }
            catch (HealingException e) when (Losses > 0)
            {
                // the session that was lost cannot be had again; what was read by now is kept
                why = e.Message;
            }
            return new(_found, _left, places.Count - i, why);
        }
        return new(_found, _left, 0, null);
    }

    private bool IsOver => clock.GetElapsedTime(_began) > MostTime;

    private async Task OneAsync(Tid place, IReadOnlyList<QuarantineColumn> columns, IReadOnlySet<int>? lost, CancellationToken cancel)
    {
        var wanted = columns.Where(c => lost?.Contains(c.Number) != true).ToList();
        var (there, trouble) = await TryAsync(place, wanted, cancel).ConfigureAwait(false);
        if (trouble is { IsDeadly: false } && wanted.Count > 1)
        {
            (there, wanted, trouble) = await ByColumnAsync(place, wanted, trouble, cancel).ConfigureAwait(false);
        }
        if (trouble is not null)
        {
            _left.Add(new(place, trouble.Message));
        }
        else if (there)
        {
            _found.Add(new(place, [.. columns.Where(c => !wanted.Contains(c))]));
        }
    }

    private async Task<(bool There, List<QuarantineColumn> Columns, Trouble? Trouble)> ByColumnAsync(Tid place, List<QuarantineColumn> wanted, Trouble first, CancellationToken cancel)
    {
        var sound = new List<QuarantineColumn>();
        foreach (var column in wanted)
        {
            if (IsOver)
            {
                return (false, sound, first);
            }
            var (there, trouble) = await TryAsync(place, [column], cancel).ConfigureAwait(false);
            if (trouble is { IsDeadly: true })
            {
                return (false, sound, trouble);
            }
            if (trouble is null && !there)
            {
                // removed by somebody meanwhile
                return (false, sound, null);
            }
            if (trouble is null)
            {
                sound.Add(column);
            }
        }
        if (sound.Count == 0)
        {
            return (false, sound, first);
        }
        // each for itself is no proof that they fit into one row
        var (whole, together) = await TryAsync(place, sound, cancel).ConfigureAwait(false);
        return (whole, sound, together);
    }

    private async Task<(bool There, Trouble? Trouble)> TryAsync(Tid place, IReadOnlyList<QuarantineColumn> columns, CancellationToken cancel)
    {
        try
        {
            return (await read(place, columns, cancel).ConfigureAwait(false), null);
        }
        catch (PostgresException e) when (IsOfRow(e) && !cancel.IsCancellationRequested)
        {
            return (false, new(e.MessageText, IsDeadly: false));
        }
        catch (NpgsqlException e) when ((e is not PostgresException || IsEnd(e)) && !cancel.IsCancellationRequested)
        {
            Losses++;
            return (false, new("reading it ended the session", IsDeadly: true));
        }
    }

    private static bool IsEnd(NpgsqlException e) => e.SqlState is SqlState.AdminShutdown or SqlState.CrashShutdown or SqlState.CannotConnectNow;

    /// <summary>Else it is about the table, the role or somebody's lock, and the next row would fail by it as well.</summary>
    private static bool IsOfRow(PostgresException e) =>
        !IsEnd(e) && e.SqlState is not (SqlState.LockNotAvailable or SqlState.InsufficientPrivilege or SqlState.UndefinedTable or SqlState.UndefinedColumn);

    private sealed record Trouble(string Message, bool IsDeadly);
}

/// <param name="Lost">Columns whose values cannot be read.</param>
internal sealed record ReadableRow(Tid Place, IReadOnlyList<QuarantineColumn> Lost);

internal sealed record UnreadRow(Tid Place, string Why);

/// <param name="NotTried">Places that were not read at all.</param>
/// <param name="WhyNot">Null where all were.</param>
internal sealed record RowsRead(IReadOnlyList<ReadableRow> Found, IReadOnlyList<UnreadRow> Left, int NotTried, string? WhyNot)
{
    private const int Named = 10;

    /// <summary>What is not kept of the rows, for a person; empty where all of them can be.</summary>
    public string Missing()
    {
        var partly = Found.Where(r => r.Lost.Count > 0).ToList();
        return Said(partly, r => $"{r.Place} {string.Join(", ", r.Lost.Select(c => c.Quoted))}", "of them without a value that cannot be read")
            + Said(Left, r => $"{r.Place} {r.Why}", "could not be read and are not kept")
            + (WhyNot is null ? "" : FormattableString.Invariant($"; {NotTried} place(s) were not tried, since {WhyNot}"));
    }

    private static string Said<T>(IReadOnlyList<T> rows, Func<T, string> one, string what) => rows.Count == 0 ? ""
        : FormattableString.Invariant($"; {rows.Count} {what} ({string.Join("; ", rows.Take(Named).Select(one))}{(rows.Count > Named ? FormattableString.Invariant($"; and {rows.Count - Named} more") : "")})");
}
