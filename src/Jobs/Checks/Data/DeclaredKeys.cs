using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <param name="Rule">Null: the catalogue's own, about which the owner has said nothing.</param>
public sealed record DeclaredKey(ForeignKey Key, ForeignKeyRule? Rule)
{
    /// <summary>By the rule, or else by what the key itself does when a row that it points at is deleted.</summary>
    public RuleAction Action => Rule?.OnOrphan ?? (Key.OnDelete == "n" ? RuleAction.Nullify : RuleAction.Quarantine);

    public RowTest Test => Key.Test.Where(Rule?.Where ?? "");

    /// <summary>What tells it from other keys of its table, for as long as it bears its name.</summary>
    public string Part => Key.Name ?? $"{Rule!.From} -> {Rule.To}";
}

/// <summary>The foreign keys of the catalogue and those of the rules; a rule about one of the catalogue says what is done about it.</summary>
public static class DeclaredKeys
{
    /// <summary>Keys that are NOT VALID are so by design, and left alone unless a rule names them.</summary>
    public static async Task<IReadOnlyList<DeclaredKey>> OfAsync(Target target, long? table, Action<string, HealingException> trouble, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        var catalogue = await ForeignKey.OfCatalogueAsync(connection, table, cancel).ConfigureAwait(false);
        var (keys, told) = (new List<DeclaredKey>(), new HashSet<long>());
        foreach (var rule in target.Options.Rules.ForeignKeys)
        {
            try
            {
                var from = await RuleTable.OfAsync(connection, rule.From, cancel).ConfigureAwait(false);
                var to = await RuleTable.OfAsync(connection, rule.To, cancel).ConfigureAwait(false);
                if (table is not null && from.Oid != table)
                {
                    continue;
                }
                var same = catalogue.Where(k => Same(k, from, to)).ToList();
                same.ForEach(k => told.Add(k.Oid!.Value));
                var key = same.FirstOrDefault() ?? await ForeignKey.DeclaredAsync(connection, from, to, cancel).ConfigureAwait(false);
                keys.Add(new(key.Condition is null ? throw new HealingException("their types cannot be compared", "correct the rule in healing.yaml") : key, rule));
            }
            catch (HealingException e)
            {
                trouble($"the rule {rule.From} -> {rule.To}", e);
            }
        }
        keys.AddRange(catalogue.Where(k => k is { Validated: true, OfPeriod: false, Condition: not null } && !told.Contains(k.Oid!.Value)).Select(k => new DeclaredKey(k, null)));
        return [.. keys.DistinctBy(k => (k.Key.Child, k.Part)).OrderBy(k => k.Key.ChildQuoted, StringComparer.Ordinal).ThenBy(k => k.Part, StringComparer.Ordinal)];
    }

    private static bool Same(ForeignKey key, RuleTable from, RuleTable to) =>
        key.Child == from.Oid && key.Parent == to.Oid && !key.OfPeriod && key.ChildNumbers.Zip(key.ParentNumbers).Order().SequenceEqual(from.Numbers.Zip(to.Numbers).Order());
}
