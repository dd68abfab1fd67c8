using System.Text.RegularExpressions;

namespace HealingWorkers.Jobs.Options;

/// <summary>What must hold between the keys of the targets.</summary>
internal static partial class TargetRules
{
    public static void Check(HealingOptions options, IReadOnlyDictionary<string, ConfigEntry> entries, ConfigProblems problems)
    {
        var named = new Dictionary<string, string>(StringComparer.Ordinal);
        var indexes = entries.Keys.Where(p => p.StartsWith("targets[", StringComparison.Ordinal)).Select(p => ConfigEntry.Items(p)[0]).Distinct().Order().ToList();
        foreach (var (index, target) in indexes.Zip(options.Targets))
        {
            var anywhere = entries.Values.First(e => e.Path.StartsWith($"targets[{index}]", StringComparison.Ordinal)).Source;
            var source = entries.GetValueOrDefault($"targets[{index}].name")?.Source ?? anywhere;
            if (target.Name.Length == 0)
            {
                problems.Add(source, $"`targets[{index}].name` is missing; every target needs one");
            }
            else if (!Name().IsMatch(target.Name))
            {
                problems.Add(source, $"`targets[{index}].name` takes letters, digits, `_`, `-` and `.`, 63 at most, not `{target.Name}`");
            }
            else if (!named.TryAdd(target.Name, source))
            {
                problems.Add(source, $"two targets are called `{target.Name}`; the other is at {named[target.Name]}");
            }
            Standbys(index, target, source, entries, problems);
            // A connection that was given and refused has been told of already.
            if (target.Connection.Length == 0 && !entries.ContainsKey($"targets[{index}].connection"))
            {
                problems.Add(source, $"`targets[{index}].connection` is missing; it says how the database is reached");
            }
            else if (entries.GetValueOrDefault($"targets[{index}].connection") is { Value.Length: 0 } empty)
            {
                problems.Add(empty.Source, $"`targets[{index}].connection` is empty; it says how the database is reached");
            }
        }
    }

    private static void Standbys(int index, TargetOptions target, string source, IReadOnlyDictionary<string, ConfigEntry> entries, ConfigProblems problems)
    {
        var list = $"targets[{index}].standbys[";
        var items = entries.Keys.Where(p => p.StartsWith(list, StringComparison.Ordinal)).Select(p => ConfigEntry.Items(p)[1]).Distinct().Order().ToList();
        foreach (var (item, standby) in items.Zip(target.Standbys))
        {
            var place = entries.Values.First(e => e.Path.StartsWith($"{list}{item}]", StringComparison.Ordinal)).Source;
            if (!Name().IsMatch(standby.Name))
            {
                problems.Add(place, standby.Name.Length == 0 ? $"`{list}{item}].name` is missing; every standby needs one" : $"`{list}{item}].name` takes letters, digits, `_`, `-` and `.`, 63 at most, not `{standby.Name}`");
            }
            if (standby.Connection.Length == 0 && entries.GetValueOrDefault($"{list}{item}].connection") is null or { Value.Length: 0 })
            {
                problems.Add(place, $"`{list}{item}].connection` is missing; it says how the standby is reached");
            }
        }
        foreach (var twice in target.Standbys.GroupBy(s => s.Name, StringComparer.Ordinal).Where(g => g.Count() > 1 && g.Key.Length > 0))
        {
            problems.Add(source, $"two standbys of `{target.Name}` are called `{twice.Key}`");
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9_.-]{1,63}$", RegexOptions.None, 1000)]
    private static partial Regex Name();
}
