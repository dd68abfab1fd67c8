using Dapper;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// How many rows a deletion would take along by foreign keys, before anything is touched: those that cascades delete, and those that lose
/// their reference. One that goes along by two keys may be counted twice; none is left out.
/// </summary>
internal sealed class ClosureCount(NpgsqlConnection connection, SoftReferences soft)
{
    /// <summary>Rows of tables that others refer to are held in mind to be followed.</summary>
    private const int MostFollowed = 500_000;
    private readonly Dictionary<long, HashSet<string>> _going = [];
    private readonly Queue<(long Table, string Quoted, IReadOnlyList<string> Places)> _waves = new();
    private readonly List<SoftlyReferring> _softly = [];
    private readonly Dictionary<long, IReadOnlyList<Reference>> _to = [];
    private readonly Dictionary<(long, long, long), Along> _along = [];
    private long _followed;

    /// <summary>What goes along or loses its reference, in the order in which it was come upon.</summary>
    public IReadOnlyCollection<Along> Taken => _along.Values;

    /// <summary>What points at rows that would go, and would neither go along nor lose its reference.</summary>
    public IReadOnlyList<SoftlyReferring> Softly => _softly;

    /// <summary>Rows beside those at these places; null where they are more than can be followed.</summary>
    public async Task<long?> OfAsync(IEnumerable<WrongPlace> places, CancellationToken cancel)
    {
        foreach (var leaf in places.GroupBy(p => p.Leaf))
        {
            Go(leaf.Key.Oid, leaf.Key.Quoted, leaf.Select(p => p.Ctid));
        }
        var along = 0L;
        try
        {
            while (_waves.TryDequeue(out var wave))
            {
                _softly.AddRange(await soft.AtAsync(new(wave.Table, wave.Quoted), wave.Places, [], cancel).ConfigureAwait(false));
                foreach (var reference in await ToAsync(wave.Table, cancel).ConfigureAwait(false))
                {
                    var more = await AlongAsync(reference, wave.Quoted, wave.Places, cancel).ConfigureAwait(false);
                    along += more;
                    if (more > 0)
                    {
                        var at = (reference.Oid, reference.Leaf, wave.Table);
                        _along[at] = new(reference, wave.Table, wave.Quoted, (_along.TryGetValue(at, out var known) ? known.Rows : 0) + more);
                    }
                    if (_followed > MostFollowed)
                    {
                        return null;
                    }
                }
            }
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            throw new HealingException($"what foreign keys would take along cannot be counted: {e.MessageText}", "GRANT SELECT on the tables that refer to this one to the repair role.", e);
        }
        return along;
    }

    private async Task<long> AlongAsync(Reference reference, string parent, IReadOnlyList<string> places, CancellationToken cancel)
    {
        var where = $"FROM ONLY {reference.Quoted} t WHERE EXISTS (SELECT FROM ONLY {parent} p WHERE p.ctid = ANY (@places::text[]::tid[]) AND {reference.Condition})";
        var args = new { places = places.ToArray(), most = MostFollowed + 1 };
        var ends = reference.OnDelete is "n" or "d" || (reference.OnDelete is "c"
            && (await ToAsync(reference.Leaf, cancel).ConfigureAwait(false)).Count == 0 && !await soft.AnyToAsync(reference.Leaf, cancel).ConfigureAwait(false));
        if (ends)
        {
            return await connection.ExecuteScalarAsync<long>(new CommandDefinition($"SELECT count(*) {where}", args, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        }
        return reference.OnDelete is not "c" ? 0
            : Go(reference.Leaf, reference.Quoted, await connection.QueryAsync<string>(new CommandDefinition($"SELECT t.ctid::text {where} LIMIT @most", args, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false));
    }

    /// <summary>One table may come again and again.</summary>
    private async Task<IReadOnlyList<Reference>> ToAsync(long table, CancellationToken cancel) =>
        _to.TryGetValue(table, out var known) ? known : _to[table] = await Reference.ToAsync(connection, table, cancel).ConfigureAwait(false);

    /// <summary>How many of them were not known to go.</summary>
    private long Go(long table, string quoted, IEnumerable<string> places)
    {
        var known = _going.TryGetValue(table, out var before) ? before : _going[table] = new(StringComparer.Ordinal);
        var news = places.Where(known.Add).ToList();
        if (news.Count > 0)
        {
            _waves.Enqueue((table, quoted, news));
        }
        _followed += news.Count;
        return news.Count;
    }
}

/// <summary>Rows of one table that refer by one key to rows of another that go.</summary>
/// <param name="To">The table that they refer to.</param>
internal sealed record Along(Reference Reference, long To, string ToQuoted, long Rows);
