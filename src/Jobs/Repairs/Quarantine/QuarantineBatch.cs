using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// What one transaction of a repair takes away or changes, kept before it is touched, with all that foreign keys drag along. A statement
/// touches exactly the rows that are kept, since it finds them by the quarantine itself; whatever else shows makes the whole throw, and the
/// caller's transaction must not be committed then.
/// </summary>
public sealed class QuarantineBatch : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly StatementLog _log;
    private readonly Dictionary<(long, RowAction), QuarantineTable> _open = [];
    private int _parts;
    private int _steps;

    private QuarantineBatch(NpgsqlConnection connection, StatementLog log, long id) => (_connection, _log, Id) = (connection, log, id);

    /// <summary>Its number in healing_quarantine.batches of the target.</summary>
    public long Id { get; }
    /// <summary>Rows that it keeps, those of the foreign keys' closure included.</summary>
    public long Rows { get; private set; }
    /// <summary>Over every value that it keeps.</summary>
    public string Sha256 { get; private set; } = "";

    /// <summary>Within the session's open transaction, of isolation read committed.</summary>
    public static async Task<QuarantineBatch> OpenAsync(RepairSession session, Incident incident, string repair, string reason, StatementLog log, CancellationToken cancel)
    {
        await QuarantineSchema.EnsureAsync(session.Connection, cancel).ConfigureAwait(false);
        // a deferred key would object at the end, when nobody can say any more which row it was
        await session.Connection.ExecuteAsync(new CommandDefinition("SET CONSTRAINTS ALL IMMEDIATE", cancellationToken: cancel)).ConfigureAwait(false);
        var id = await session.Connection.ExecuteScalarAsync<long>(new CommandDefinition(Sql.Of<QuarantineTable>("quarantine_batch"),
            new { ledger = session.Ledger, incident = incident.Id, opened = incident.OpenedAt.ToUniversalTime(), attempt = session.Attempt, repair, reason }, cancellationToken: cancel)).ConfigureAwait(false);
        return new(session.Connection, log, id);
    }

    /// <summary>Keeps rows without touching them, for repairs that go beside the server's own statements: commit, then read back. It locks no row.</summary>
    public async Task<long> KeepAsync(QuarantineTable table, IReadOnlyList<string> places, CancellationToken cancel)
    {
        var part = await BeginAsync(++_steps, table, "kept", KeptPart.AskedFor, [], cancel).ConfigureAwait(false);
        await part.KeepAsync(places, locked: false, cancel).ConfigureAwait(false);
        await part.DoneAsync("", cancel).ConfigureAwait(false);
        await CountAsync(cancel).ConfigureAwait(false);
        return part.Kept;
    }

    /// <summary>Keeps rows of one page as a scan of it reads them, those too that a fetch by their place does not find: their own bits hide them.</summary>
    public async Task<long> KeepScannedAsync(QuarantineTable table, IReadOnlyList<string> places, CancellationToken cancel)
    {
        var part = await BeginAsync(++_steps, table, "kept", KeptPart.AskedFor, [], cancel).ConfigureAwait(false);
        await part.KeepScannedAsync(places, cancel).ConfigureAwait(false);
        await part.DoneAsync("", cancel).ConfigureAwait(false);
        await CountAsync(cancel).ConfigureAwait(false);
        return part.Kept;
    }

    /// <summary>
    /// Keeps the rows at these places and all that their keys' ON DELETE takes along, then deletes them. How many of those asked for went: one
    /// that was changed by somebody meanwhile has another place and stays.
    /// </summary>
    /// <param name="keyStays">Another row has every value that others refer to: nothing goes along, and no foreign key is asked, since its answer may come from a damaged index.</param>
    public async Task<long> DeleteAsync(QuarantineTable table, IReadOnlyList<string> places, CancellationToken cancel, bool keyStays = false)
    {
        await RequireOpenAsync(table, RowAction.Delete, cancel).ConfigureAwait(false);
        var step = ++_steps;
        var root = await BeginAsync(step, table, "deleted", KeptPart.AskedFor, [], cancel).ConfigureAwait(false);
        if ((await Reference.ToAsync(_connection, table.Oid, cancel).ConfigureAwait(false)).Count == 0)
        {
            await MoveAsync(root, places, cancel).ConfigureAwait(false);
            return root.Kept;
        }
        if (keyStays)
        {
            // it goes as replica, and what sleeps else is awake then
            await TableObstacles.RequireNoneAsync(_connection, table, RowAction.Delete, cancel, replica: true).ConfigureAwait(false);
        }
        var kept = await root.KeepAsync(places, locked: true, cancel).ConfigureAwait(false);
        if (kept.Count > 0)
        {
            try
            {
                await new ForeignKeyClosure(_connection, this, step, _log).DeleteAsync(root, kept, keyStays, cancel).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState == SqlState.ForeignKeyViolation)
            {
                throw Refers(e);
            }
        }
        await CountAsync(cancel).ConfigureAwait(false);
        return kept.Count;
    }

    /// <summary>Keeps the rows as they were, then changes them; what they became is kept too, so that a later change is noticed by an undo.</summary>
    /// <param name="set">Quoted column to an expression in SQL, in which the row is <c>t</c>.</param>
    /// <param name="lost">Quoted columns whose values cannot be read any more: the row is kept without them.</param>
    public async Task<long> ChangeAsync(QuarantineTable table, IReadOnlyList<string> places, IReadOnlyDictionary<string, string> set, CancellationToken cancel, IReadOnlyCollection<string>? lost = null)
    {
        await RequireOpenAsync(table, RowAction.Update, cancel).ConfigureAwait(false);
        var columns = set.Keys.Select(quoted => Settable(table, quoted)).ToList();
        var readable = lost is null ? table : table with { Columns = [.. table.Columns.Where(c => !lost.Contains(c.Quoted, StringComparer.Ordinal))] };
        var part = await BeginAsync(++_steps, readable, "changed", KeptPart.AskedFor, columns, cancel).ConfigureAwait(false);
        await part.KeepAsync(places, locked: true, cancel).ConfigureAwait(false);
        if (part.Kept > 0)
        {
            await RequireUnreferencedAsync(table, columns, cancel).ConfigureAwait(false);
            await RowChange.RunAsync(_connection, part, RowChange.Set(set), columns, _log, cancel).ConfigureAwait(false);
        }
        await CountAsync(cancel).ConfigureAwait(false);
        return part.Kept;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    internal async Task<QuarantinePart> BeginAsync(int step, QuarantineTable table, string action, string cause, IEnumerable<QuarantineColumn> changed, CancellationToken cancel)
    {
        var part = new QuarantinePart(_connection, Id, ++_parts, table);
        await part.BeginAsync(step, action, cause, [.. RowChange.Shown(table, changed).Select(c => c.Number)], cancel).ConfigureAwait(false);
        return part;
    }

    /// <summary>The table by its oid, with nothing in the way of what is to be done to it.</summary>
    internal async Task<QuarantineTable> TableAsync(long oid, RowAction action, CancellationToken cancel)
    {
        if (!_open.TryGetValue((oid, action), out var table))
        {
            table = await QuarantineTable.OfAsync(_connection, oid, cancel).ConfigureAwait(false);
            await RequireOpenAsync(table, action, cancel).ConfigureAwait(false);
        }
        return table;
    }

    /// <summary>A key that others refer to with ON UPDATE would change them as well.</summary>
    internal async Task RequireUnreferencedAsync(QuarantineTable table, IEnumerable<QuarantineColumn> columns, CancellationToken cancel)
    {
        var names = columns.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        if ((await Reference.ToAsync(_connection, table.Oid, cancel).ConfigureAwait(false)).FirstOrDefault(r => r.OnUpdate is "c" or "n" or "d" && names.Overlaps(r.Referenced)) is { } follows)
        {
            throw new HealingException($"{follows.What} follows changes of {table.Quoted} ({string.Join(", ", follows.Referenced)}), and its rows would change too",
                "Nothing was changed. Change this key by hand.");
        }
    }

    private async Task MoveAsync(QuarantinePart part, IReadOnlyList<string> places, CancellationToken cancel)
    {
        var counted = await RowCounters.AtAsync(_connection, [part.Table.Oid], cancel).ConfigureAwait(false);
        var statement = await part.MoveAsync(places, cancel).ConfigureAwait(false);
        _log.Add(statement);
        await counted.RequireAsync(_connection, [(part.Table.Oid, part.Kept, 0)], cancel).ConfigureAwait(false);
        await part.DoneAsync(statement, cancel).ConfigureAwait(false);
        await CountAsync(cancel).ConfigureAwait(false);
    }

    private static QuarantineColumn Settable(QuarantineTable table, string quoted) =>
        table.Columns.FirstOrDefault(c => string.Equals(c.Quoted, quoted, StringComparison.Ordinal)) switch
        {
            null => throw new HealingException($"{table.Quoted} has no column {quoted}", "It was dropped or renamed since it was looked at."),
            { IsGenerated: true } => throw new HealingException($"the column {quoted} of {table.Quoted} is generated from others", "Change those that it is generated from."),
            { IsIdentity: true } => throw new HealingException($"the column {quoted} of {table.Quoted} is GENERATED ALWAYS AS IDENTITY and takes no value", "A person decides about such a row."),
            { } column => column,
        };

    private static HealingException Refers(PostgresException e) => new(
        $"rows of {e.SchemaName}.{e.TableName} refer to what would be deleted, and the foreign key {e.ConstraintName} does not let go: {e.Detail ?? e.MessageText}",
        "Nothing was changed. Decide first what becomes of those rows.", e);

    private async Task RequireOpenAsync(QuarantineTable table, RowAction action, CancellationToken cancel)
    {
        if (!_open.ContainsKey((table.Oid, action)))
        {
            await TableObstacles.RequireNoneAsync(_connection, table, action, cancel).ConfigureAwait(false);
            _open.Add((table.Oid, action), table);
        }
    }

    private async Task CountAsync(CancellationToken cancel) => (Rows, Sha256) = await _connection.QuerySingleAsync<(long, string)>(
        new CommandDefinition(Sql.Of<QuarantineTable>("quarantine_batch_done"), new { batch = Id }, cancellationToken: cancel)).ConfigureAwait(false);
}
