using System.Text.RegularExpressions;

namespace HealingWorkers.Jobs.Options;

/// <summary>What must hold within a target's rules, and that the files they name are there and are what they should be.</summary>
internal sealed partial class RuleChecks(IReadOnlyDictionary<string, ConfigEntry> entries, ConfigProblems problems, string directory)
{
    private const int LargestFile = 1 << 20;

    public void Check(HealingOptions options)
    {
        foreach (var (index, target) in Numbers("targets").Zip(options.Targets))
        {
            var rules = $"targets[{index}].rules.";
            Each(rules + "foreign_keys", target.Rules.ForeignKeys, ForeignKey);
            Each(rules + "allowed_values", target.Rules.AllowedValues, AllowedValues);
            Each(rules + "json", target.Rules.Json, Json);
            var named = new Dictionary<string, string>(StringComparer.Ordinal);
            Each(rules + "sql", target.Rules.Sql, (place, rule) => Query(place, rule, named));
            var tables = new Dictionary<TablePath, string>();
            Each(rules + "duplicates", target.Rules.Duplicates, (place, rule) => Duplicates(place, rule, tables));
        }
    }

    private void ForeignKey(string place, ForeignKeyRule rule)
    {
        if (rule.From.Columns.Count != rule.To.Columns.Count && rule.From.Columns.Count > 0 && rule.To.Columns.Count > 0)
        {
            problems.Add(SourceOf(place + ".to"), $"`{place}` points from {rule.From.Columns.Count} column(s) to {rule.To.Columns.Count}; as many were expected");
        }
    }

    private void AllowedValues(string place, AllowedValuesRule rule)
    {
        var said = (rule.Type is null ? 0 : 1) + (rule.Lookup is null ? 0 : 1) + (rule.Values.Count == 0 ? 0 : 1);
        if (said != 1)
        {
            problems.Add(SourceOf(place), $"`{place}` says {(said == 0 ? "not" : "more than once")} what is allowed; one of `type`, `lookup` and `values` was expected");
        }
    }

    private void Json(string place, JsonRule rule)
    {
        if (Content(place + ".schema", rule.Schema) is not { } text)
        {
            return;
        }
        rule.Schema = Path.GetFullPath(rule.Schema, directory);
        try
        {
            JsonShape.Parse(text);
        }
        catch (FormatException e)
        {
            problems.Add(SourceOf(place + ".schema"), $"`{place}.schema` names {rule.Schema}, which cannot be used as a JSON Schema: {e.Message}");
        }
    }

    private void Query(string place, SqlRule rule, Dictionary<string, string> named)
    {
        if (rule.Name.Length > 0 && !Name().IsMatch(rule.Name))
        {
            problems.Add(SourceOf(place + ".name"), $"`{place}.name` takes letters, digits, `_`, `-` and `.`, 63 at most, not `{rule.Name}`");
        }
        else if (rule.Name.Length > 0 && !named.TryAdd(rule.Name, SourceOf(place)))
        {
            problems.Add(SourceOf(place + ".name"), $"two SQL rules are called `{rule.Name}`; the other is at {named[rule.Name]}");
        }
        if (Content(place + ".query", rule.Query) is { } text)
        {
            rule.Query = Path.GetFullPath(rule.Query, directory);
            if (text.AsSpan().IsWhiteSpace())
            {
                problems.Add(SourceOf(place + ".query"), $"`{place}.query` names {rule.Query}, which is empty; one SELECT was expected");
            }
        }
    }

    private void Duplicates(string place, DuplicatesRule rule, Dictionary<TablePath, string> tables)
    {
        if (rule.Table.Name.Length > 0 && !tables.TryAdd(rule.Table, SourceOf(place)))
        {
            problems.Add(SourceOf(place + ".table"), $"two rules are about duplicates of `{rule.Table}`; the other is at {tables[rule.Table]}");
        }
    }

    /// <summary>Null, with the problem told, where there is nothing to be read.</summary>
    private string? Content(string key, string file)
    {
        if (file.Length == 0)
        {
            return null;
        }
        var path = Path.GetFullPath(file, directory);
        try
        {
            if (new FileInfo(path).Length <= LargestFile)
            {
                return File.ReadAllText(path);
            }
            problems.Add(SourceOf(key), $"{path} is larger than 1 MB, which no rule is");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(SourceOf(key), $"`{key}` names a file that cannot be read: {e.Message}");
        }
        return null;
    }

    private void Each<T>(string list, IList<T> rules, Action<string, T> check)
    {
        foreach (var (number, rule) in Numbers(list).Zip(rules))
        {
            var place = $"{list}[{number}]";
            foreach (var key in ConfigKeys.All.Where(k => k.Default is null && ConfigTable.ListOf(k.Path) == ConfigEntry.Generalise(place)))
            {
                var path = place + key.Path[ConfigEntry.Generalise(place).Length..];
                if (entries.GetValueOrDefault(path) is not { Value.Length: > 0 })
                {
                    problems.Add(SourceOf(path), $"`{path}` is missing; {key.Type.Name} was expected");
                }
            }
            check(place, rule);
        }
    }

    private IEnumerable<int> Numbers(string list)
    {
        var level = ConfigEntry.Items(list).Count;
        return entries.Keys.Where(p => p.StartsWith(list + "[", StringComparison.Ordinal)).Select(p => ConfigEntry.Items(p)[level]).Distinct().Order();
    }

    /// <summary>Where it was written, or what stands beside it.</summary>
    private string SourceOf(string path) => entries.GetValueOrDefault(path)?.Source
        ?? entries.Values.Where(e => e.Path.StartsWith(path[..(path.LastIndexOf(']') + 1)], StringComparison.Ordinal)).Select(e => e.Source).First();

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,63}$", RegexOptions.None, 1000)]
    private static partial Regex Name();
}
