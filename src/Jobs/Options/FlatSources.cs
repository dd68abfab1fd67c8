using System.Text.RegularExpressions;

namespace HealingWorkers.Jobs.Options;

/// <summary>Reads entries from the environment and from the command line.</summary>
public static partial class FlatSources
{
    private const string Prefix = "HEALING__";

    public static IEnumerable<ConfigEntry> Environment(IReadOnlyDictionary<string, string> environment) => environment
        .Where(v => v.Key.StartsWith(Prefix, StringComparison.Ordinal))
        .OrderBy(v => v.Key, StringComparer.Ordinal)
        .Select(v => new ConfigEntry(PathOf(v.Key[Prefix.Length..].ToLowerInvariant().Split("__")), v.Value, $"environment {v.Key}", 2));

    public static IEnumerable<ConfigEntry> CommandLine(IReadOnlyList<string> overrides, ConfigProblems problems)
    {
        foreach (var text in overrides)
        {
            var split = text.IndexOf('=', StringComparison.Ordinal);
            if (split <= 0)
            {
                problems.Add("--set", "KEY=VALUE was expected, as in --set worker.count=5");
                continue;
            }
            yield return new ConfigEntry(PathOf(Bracket().Replace(text[..split], ".$1").Split('.')), text[(split + 1)..], $"--set {text[..split]}", 3);
        }
    }

    private static string PathOf(string[] levels)
    {
        var path = "";
        foreach (var level in levels)
        {
            path = level.Length > 0 && level.All(char.IsAsciiDigit) ? $"{path}[{level}]" : Join(path, level);
        }
        return path;
    }

    // The environment cannot spell the hyphen of a risk class.
    private static string Join(string path, string level)
    {
        var joined = path.Length == 0 ? level : $"{path}.{level}";
        var hyphenated = path.Length == 0 ? joined : $"{path}.{level.Replace('_', '-')}";
        return ConfigTable.Unknown(ConfigEntry.Generalise(joined)) is not null && ConfigTable.Unknown(ConfigEntry.Generalise(hyphenated)) is null ? hyphenated : joined;
    }

    [GeneratedRegex(@"\[(\d+)\]", RegexOptions.None, 1000)]
    private static partial Regex Bracket();
}
