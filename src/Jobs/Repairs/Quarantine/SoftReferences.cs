using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// What points at rows by the owner's rules alone: no server keeps a row for it, nobody brings it to another one, and the next check would take
/// it for wrong and have it repaired without asking. So a person is asked before.
/// </summary>
internal sealed class SoftReferences
{
    private readonly Target _target;
    private readonly IReadOnlyList<(ForeignKey Key, string Where)> _keys;
    private readonly Dictionary<long, IReadOnlyList<(ForeignKey Key, string Where)>> _to = [];

    private SoftReferences(Target target, IReadOnlyList<(ForeignKey, string)> keys) => (_target, _keys) = (target, keys);

    /// <summary>By rules as they can be read: one that cannot has nothing repaired either.</summary>
    public static async Task<SoftReferences> OfAsync(Target target, CancellationToken cancel)
    {
        var (rules, keys) = (target.Options.Rules, new List<(ForeignKey, string)>());
        if (rules.ForeignKeys.Count > 0)
        {
            var declared = await DeclaredKeys.OfAsync(target, null, static (_, _) => { }, cancel).ConfigureAwait(false);
            keys.AddRange(declared.Where(k => IsSoft(k.Key)).Select(k => (k.Key, k.Rule?.Where ?? "")));
        }
        foreach (var rule in rules.AllowedValues.Where(r => r.Lookup is not null))
        {
            try
            {
                await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
                keys.Add(((await AllowedValues.OfAsync(connection, rule, cancel).ConfigureAwait(false)).Key!, rule.Where));
            }
            catch (HealingException)
            {
                continue;
            }
        }
        return new(target, keys);
    }

    public async Task<bool> AnyToAsync(long table, CancellationToken cancel) => (await ToAsync(table, cancel).ConfigureAwait(false)).Count > 0;

    /// <summary>What points at rows of this very table that would go, and at none of those that surely stay.</summary>
    public async Task<IReadOnlyList<SoftlyReferring>> AtAsync(RelationName table, IEnumerable<string> going, IEnumerable<string> staying, CancellationToken cancel)
    {
        var (places, found) = (new { going = going.ToArray(), staying = staying.ToArray() }, new List<SoftlyReferring>());
        foreach (var (key, where) in places.going.Length == 0 ? [] : await ToAsync(table.Oid, cancel).ConfigureAwait(false))
        {
            try
            {
                await using var reading = await DataReading.OpenAsync(_target, alone: true, cancel).ConfigureAwait(false);
                var rows = (await reading.Connection.QueryAsync<(string Place, long Rows)>(new CommandDefinition(
                    $"""
                    WITH gone AS MATERIALIZED (SELECT s.ctid AS "gone place", s.* FROM ONLY {table.Quoted} s WHERE s.ctid = ANY (@going::text[]::tid[])),
                         kept AS MATERIALIZED (SELECT s.* FROM ONLY {table.Quoted} s WHERE s.ctid = ANY (@staying::text[]::tid[]))
                    SELECT p."gone place"::text, count(*)
                    FROM (SELECT c.* FROM {(key.ChildKind == "p" ? "" : "ONLY ")}{key.ChildQuoted} AS c{(where.Length == 0 ? "" : $" WHERE ({where}\n)")}) AS c
                    JOIN gone AS p ON {key.Condition}
                    WHERE NOT EXISTS (SELECT FROM kept AS p WHERE {key.Condition})
                    GROUP BY 1
                    """, places, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false)).ToDictionary(r => r.Place, r => r.Rows, StringComparer.Ordinal);
                if (rows.Count > 0)
                {
                    found.Add(new(key.Label, rows, null));
                }
            }
            catch (PostgresException e) when (!Passing.Is(e) && !e.SqlState.StartsWith("57", StringComparison.Ordinal))
            {
                found.Add(new(key.Label, new Dictionary<string, long>(StringComparer.Ordinal), e.MessageText));
            }
        }
        return found;
    }

    /// <summary>Those of the rules, and a key of the catalogue that the server does not enforce.</summary>
    private static bool IsSoft(ForeignKey key) => key.Oid is null || key.Definition?.EndsWith(" NOT ENFORCED", StringComparison.Ordinal) == true;

    private async Task<IReadOnlyList<(ForeignKey Key, string Where)>> ToAsync(long table, CancellationToken cancel)
    {
        if (_keys.Count == 0)
        {
            return [];
        }
        if (!_to.TryGetValue(table, out var keys))
        {
            await using var connection = await _target.OpenCheckAsync(cancel).ConfigureAwait(false);
            var above = (await connection.QueryAsync<long>(new CommandDefinition(Sql.Of<QuarantineTable>("table_above"), new { oid = table }, cancellationToken: cancel)).ConfigureAwait(false)).ToHashSet();
            _to[table] = keys = [.. _keys.Where(k => above.Contains(k.Key.Parent))];
        }
        return keys;
    }
}

/// <param name="Rows">By the place of the row that would go, how many point at it.</param>
/// <param name="Unknown">Why they could not be counted; null: they were.</param>
internal sealed record SoftlyReferring(string Label, IReadOnlyDictionary<string, long> Rows, string? Unknown)
{
    /// <summary>Of these places; null where nothing points at any of them.</summary>
    public SoftlyReferring? To(IEnumerable<string> places) => Unknown is not null ? this
        : places.Where(Rows.ContainsKey).ToDictionary(p => p, p => Rows[p], StringComparer.Ordinal) is { Count: > 0 } some ? this with { Rows = some } : null;

    public static IEnumerable<string> Told(IEnumerable<SoftlyReferring> found) => found.GroupBy(f => f.Label, StringComparer.Ordinal).Select(g =>
        g.FirstOrDefault(f => f.Unknown is not null) is { } one ? $"whether rows that would go are pointed at by the rule {g.Key} cannot be told ({one.Unknown})"
            : $"{g.Sum(f => f.Rows.Values.Sum())} row(s) point at rows that would go, by the rule {g.Key}, and would point at nothing");
}
