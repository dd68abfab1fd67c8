using Dapper;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// Everything that a deletion takes along by foreign keys: rows that a cascade would delete are kept and deleted with it, in one statement,
/// so that neither order nor cycles matter; rows that would lose their reference are kept and changed first.
/// </summary>
internal sealed class ForeignKeyClosure(NpgsqlConnection connection, QuarantineBatch batch, int step, StatementLog log)
{
    private readonly Dictionary<long, QuarantinePart> _deleted = [];
    private readonly List<(QuarantinePart Part, IReadOnlyList<string> Places)> _waves = [];
    private readonly List<(Reference Reference, QuarantinePart Parent, IReadOnlyList<string> Places)> _loosened = [];
    private readonly HashSet<long> _seen = [];

    public async Task DeleteAsync(QuarantinePart root, IReadOnlyList<string> places, bool alone, CancellationToken cancel)
    {
        _deleted.Add(root.Table.Oid, root);
        if (alone)
        {
            _seen.Add(root.Table.Oid);
            await AloneAsync(cancel).ConfigureAwait(false);
            return;
        }
        _waves.Add((root, places));
        for (var next = 0; next < _waves.Count; next++)
        {
            await FollowAsync(_waves[next].Part, _waves[next].Places, cancel).ConfigureAwait(false);
        }
        foreach (var (reference, parent, gone) in _loosened)
        {
            await LoosenAsync(reference, parent, gone, cancel).ConfigureAwait(false);
        }
        await GoAsync(cancel).ConfigureAwait(false);
    }

    /// <summary>The triggers of foreign keys keep still meanwhile. Where nothing refers to the table there are none, and the right is not needed.</summary>
    private async Task AloneAsync(CancellationToken cancel)
    {
        var referred = (await Reference.ToAsync(connection, _seen.Single(), cancel).ConfigureAwait(false)).Count > 0;
        if (referred)
        {
            await RoleAsync("replica", cancel).ConfigureAwait(false);
        }
        await GoAsync(cancel).ConfigureAwait(false);
        if (referred)
        {
            await RoleAsync("origin", cancel).ConfigureAwait(false);
        }
    }

    public static string Role(string role) => $"SET LOCAL session_replication_role = {role}";

    private Task RoleAsync(string role, CancellationToken cancel)
    {
        var statement = Role(role);
        log.Add(statement);
        return connection.ExecuteAsync(new CommandDefinition(statement, cancellationToken: cancel));
    }

    private async Task FollowAsync(QuarantinePart parent, IReadOnlyList<string> places, CancellationToken cancel)
    {
        _seen.Add(parent.Table.Oid);
        foreach (var reference in await Reference.ToAsync(connection, parent.Table.Oid, cancel).ConfigureAwait(false))
        {
            if (reference.IsDisabled)
            {
                throw new HealingException($"the triggers of {reference.What} are disabled, so that nobody can say what is to become of its rows", "Nothing was changed. Enable them (ALTER TABLE ... ENABLE TRIGGER ALL), then reopen.");
            }
            _seen.Add(reference.Leaf);
            if (reference.OnDelete is "n" or "d")
            {
                _loosened.Add((reference, parent, places));
            }
            else if (reference.OnDelete is "c")
            {
                await CascadeAsync(reference, parent, places, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task CascadeAsync(Reference reference, QuarantinePart parent, IReadOnlyList<string> places, CancellationToken cancel)
    {
        if (!_deleted.TryGetValue(reference.Leaf, out var child))
        {
            if (!await RefersAsync(reference, parent, places, cancel).ConfigureAwait(false))
            {
                return;
            }
            var table = await batch.TableAsync(reference.Leaf, RowAction.Delete, cancel).ConfigureAwait(false);
            child = await batch.BeginAsync(step, table, "deleted", reference.Taking, [], cancel).ConfigureAwait(false);
            _deleted.Add(table.Oid, child);
        }
        var kept = await child.KeepReferringAsync(reference, parent.Table.Quoted, places, null, cancel).ConfigureAwait(false);
        if (kept.Count > 0)
        {
            _waves.Add((child, kept));
        }
    }

    /// <summary>SET NULL and SET DEFAULT, of rows that stay.</summary>
    private async Task LoosenAsync(Reference reference, QuarantinePart parent, IReadOnlyList<string> places, CancellationToken cancel)
    {
        if (!await RefersAsync(reference, parent, places, cancel).ConfigureAwait(false))
        {
            return;
        }
        var table = await batch.TableAsync(reference.Leaf, RowAction.Update, cancel).ConfigureAwait(false);
        var columns = reference.Loosened(table);
        var part = await batch.BeginAsync(step, table, "changed", reference.Taking, columns, cancel).ConfigureAwait(false);
        await part.KeepReferringAsync(reference, parent.Table.Quoted, places, _deleted.GetValueOrDefault(reference.Leaf)?.Number, cancel).ConfigureAwait(false);
        if (part.Kept > 0)
        {
            await batch.RequireUnreferencedAsync(table, columns, cancel).ConfigureAwait(false);
            await RowChange.RunAsync(connection, part, reference.Loosening(table), columns, log, cancel).ConfigureAwait(false);
        }
    }

    private async Task GoAsync(CancellationToken cancel)
    {
        var parts = _deleted.Values.Where(p => p.Kept > 0).ToList();
        var counted = await RowCounters.AtAsync(connection, _seen, cancel).ConfigureAwait(false);
        var deletions = parts.ConvertAll(p => p.Deletion);
        log.Add(QuarantineStatements.TogetherTold(deletions));
        var gone = await connection.ExecuteScalarAsync<long[]>(new CommandDefinition(QuarantineStatements.Together(deletions), commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        for (var i = 0; i < parts.Count; i++)
        {
            if (gone![i] != parts[i].Kept)
            {
                throw new HealingException($"{parts[i].Kept} rows of {parts[i].Table.Quoted} are kept and {gone[i]} went", "Everything is rolled back. Something of this table steps in between.");
            }
        }
        await counted.RequireAsync(connection, [.. parts.Select(p => (p.Table.Oid, p.Kept, 0L))], cancel).ConfigureAwait(false);
        foreach (var part in parts)
        {
            await part.DoneAsync(part.Deletion, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Whether any row refers to those that go: a table that none of it touches needs no opening.</summary>
    private Task<bool> RefersAsync(Reference reference, QuarantinePart parent, IReadOnlyList<string> places, CancellationToken cancel) =>
        connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            $"SELECT EXISTS (SELECT FROM ONLY {reference.Quoted} t WHERE EXISTS (SELECT FROM ONLY {parent.Table.Quoted} p WHERE p.ctid = ANY (@places::text[]::tid[]) AND {reference.Condition}))",
            new { places = places.ToArray() }, commandTimeout: 0, cancellationToken: cancel));
}
