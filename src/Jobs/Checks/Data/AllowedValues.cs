using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A rule about allowed values, as the catalogue lets it be asked.</summary>
/// <param name="Words">What is allowed, for people.</param>
/// <param name="Key">The comparison with a lookup table; null where the values are known.</param>
public sealed record AllowedValues(AllowedValuesRule Rule, RuleTable Table, RowTest Test, string Words, ForeignKey? Key)
{
    public string Column => Table.Columns[0];

    public static async Task<AllowedValues> OfAsync(NpgsqlConnection connection, AllowedValuesRule rule, CancellationToken cancel)
    {
        var table = await RuleTable.OfAsync(connection, rule.Column, cancel).ConfigureAwait(false);
        IReadOnlyList<string> shown = [.. table.Key, .. table.Columns.Except(table.Key, StringComparer.Ordinal)];
        if (rule.Lookup is { } lookup)
        {
            var parent = await RuleTable.OfAsync(connection, lookup, cancel).ConfigureAwait(false);
            var key = await ForeignKey.DeclaredAsync(connection, table, parent, cancel).ConfigureAwait(false);
            return key.Condition is null
                ? throw new HealingException($"{rule.Column} and {lookup} cannot be compared", "correct the rule in healing.yaml")
                : new(rule, table, (key.Test with { Shown = shown }).Where(rule.Where), key.Pointed, key);
        }
        var allowed = rule.Type is { } type ? await RuleTable.LabelsAsync(connection, type, cancel).ConfigureAwait(false) : [.. rule.Values];
        var column = $"c.{table.Columns[0]}";
        if (table.Allowed[0].Length == 0)
        {
            throw new HealingException($"{rule.Column} is of type {table.Types[0]}, whose values cannot be told to be equal", "correct the rule in healing.yaml; a rule of sql may say what is meant");
        }
        var test = $"{column} IS NOT NULL AND NOT ({table.Allowed[0]})";
        return new(rule, table, new RowTest(test, shown) { Allowed = allowed }.Where(rule.Where), rule.Type is { } named ? $"the labels of {named}" : string.Join(", ", allowed.Take(10)), null);
    }
}
