using Dapper;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>One table against its visibility map, and what each disagreement means.</summary>
public sealed class VisibilityLook(Target target, TargetFacts facts, NpgsqlConnection connection, string schema)
{
    private const int Most = 1_000;
    /// <summary>For whoever is about to change something, and must not overlook one.</summary>
    private const int MostBeforeChange = 200_000;

    private int _most = Most;
    private bool _hasMore;

    /// <summary>In a session of its own, for a repair that is about to change something.</summary>
    public static async Task<VisibilityVerdict> NowAsync(Target target, TargetFacts facts, RelationName table, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        var schema = facts.SchemaOf("pg_visibility") ?? throw new Errors.HealingException($"the extension pg_visibility is not installed in {facts.Database}", "run `healing grant`, or CREATE EXTENSION pg_visibility");
        return await new VisibilityLook(target, facts, connection, schema) { _most = MostBeforeChange }.OfAsync(table, cancel).ConfigureAwait(false);
    }

    public async Task<VisibilityVerdict> OfAsync(RelationName table, CancellationToken cancel)
    {
        var visible = await TwiceAsync("pg_check_visible", table, cancel).ConfigureAwait(false);
        var frozen = await TwiceAsync("pg_check_frozen", table, cancel).ConfigureAwait(false);
        var truth = new RowTruth(target, facts, connection, table);
        var (wrong, sound, hidden, unsure) = (new List<Tid>(), new HashSet<Tid>(), new List<Tid>(), new List<Tid>());
        foreach (var block in visible.Concat(frozen).Distinct().GroupBy(t => t.Block))
        {
            foreach (var (offset, fate) in await truth.OfBlockAsync(block.Key, [.. block.Select(t => t.Offset)], cancel).ConfigureAwait(false))
            {
                (fate switch { RowFate.Hidden => hidden, RowFate.Unsure => unsure, RowFate.Sound => (ICollection<Tid>)sound, _ => wrong }).Add(new(block.Key, offset));
            }
        }
        // a row of the first kind is hidden, not mapped wrongly; one that is merely not frozen hides nothing
        var seen = visible.Where(t => !sound.Contains(t)).ToHashSet();
        var verdict = new VisibilityVerdict([.. wrong.Where(seen.Contains)], [.. frozen.Except(hidden).Except(seen)], hidden, [.. unsure.Where(seen.Contains)]) { HasMore = _hasMore };
        return wrong.Count + hidden.Count + unsure.Count == 0 ? verdict : await StillAsync(verdict, table, cancel).ConfigureAwait(false);
    }

    /// <summary>Whoever removed a row while it was looked at took from its page the word that all in it is visible: none of that is damage.</summary>
    private async Task<VisibilityVerdict> StillAsync(VisibilityVerdict verdict, RelationName table, CancellationToken cancel)
    {
        var told = (await OnceAsync("pg_check_visible", table, cancel).ConfigureAwait(false)).Concat(await OnceAsync("pg_check_frozen", table, cancel).ConfigureAwait(false)).ToHashSet();
        return verdict with { Visible = [.. verdict.Visible.Where(told.Contains)], Hidden = [.. verdict.Hidden.Where(told.Contains)], Unsure = [.. verdict.Unsure.Where(told.Contains)] };
    }

    /// <summary>Others work on the table: only what a second look finds too is told.</summary>
    private async Task<IReadOnlyList<Tid>> TwiceAsync(string function, RelationName table, CancellationToken cancel)
    {
        var first = await OnceAsync(function, table, cancel).ConfigureAwait(false);
        _hasMore |= first.Count >= _most;
        return first.Count == 0 ? first : [.. first.Intersect(await OnceAsync(function, table, cancel).ConfigureAwait(false))];
    }

    private async Task<IReadOnlyList<Tid>> OnceAsync(string function, RelationName table, CancellationToken cancel) =>
        [.. (await connection.QueryAsync<string>(new CommandDefinition(Sql.Of<ICheck>("map_wrong").Replace("{function}", $"{schema}.{function}", StringComparison.Ordinal),
            new { oid = table.Oid, most = _most }, cancellationToken: cancel)).ConfigureAwait(false)).Select(Tid.Parse)];
}

/// <param name="Visible">Rows in pages that are wrongly called all-visible.</param>
/// <param name="Frozen">Rows in pages that are wrongly called all-frozen, and rightly all-visible.</param>
/// <param name="Hidden">Committed rows that only the map still shows.</param>
/// <param name="Unsure">Rows of which it cannot be told here.</param>
public sealed record VisibilityVerdict(IReadOnlyList<Tid> Visible, IReadOnlyList<Tid> Frozen, IReadOnlyList<Tid> Hidden, IReadOnlyList<Tid> Unsure)
{
    /// <summary>There were too many to look at all of them.</summary>
    public bool HasMore { get; init; }

    /// <summary>The map is all that still shows some rows, or may be.</summary>
    public bool MapIsNeeded => Hidden.Count > 0 || Unsure.Count > 0 || HasMore;
}
