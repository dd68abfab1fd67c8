namespace HealingWorkers.Jobs.Options;

/// <summary>Looks keys up, and guesses what a wrong one was meant to be.</summary>
public static class ConfigTable
{
    private static readonly Dictionary<string, ConfigKey> Keys = ConfigKeys.All.ToDictionary(k => k.Path, StringComparer.Ordinal);
    private static readonly HashSet<string> Sections = [.. ConfigKeys.All.SelectMany(k => Above(k.Path))];

    /// <summary>The innermost list that a key or a list lies in; empty outside of all.</summary>
    public static string ListOf(string path) =>
        ConfigKeys.Lists.LastOrDefault(l => path.StartsWith(l.Path + ".", StringComparison.Ordinal))?.Path ?? "";

    public static ConfigKey? Find(string pattern) => Keys.GetValueOrDefault(pattern);

    /// <summary>True for what only holds other keys.</summary>
    public static bool IsSection(string pattern) => Sections.Contains(pattern);

    /// <summary>The key of an unbuilt feature that this path is, or lies below.</summary>
    public static ConfigKey? Unbuilt(string pattern) =>
        Above(pattern).Append(pattern).Select(Find).FirstOrDefault(k => k is { IsBuilt: false });

    /// <summary>The longest part of the path that nobody knows, or null where all of it is known.</summary>
    public static string? Unknown(string pattern) =>
        Above(pattern).Append(pattern).FirstOrDefault(p => !Keys.ContainsKey(p) && !Sections.Contains(p));

    /// <summary>The nearest key at the same level, or the one key elsewhere that ends in the same word.</summary>
    public static string? Suggest(string unknown)
    {
        var near = Keys.Keys.Concat(Sections)
            .Select(k => (Key: k, Distance: Distance(k, unknown)))
            .Where(k => k.Distance <= Math.Max(2, Last(unknown).Length / 3) && Parent(k.Key) == Parent(unknown))
            .OrderBy(k => k.Distance).ThenBy(k => k.Key, StringComparer.Ordinal).FirstOrDefault().Key;
        if (near is not null)
        {
            return near;
        }
        var elsewhere = Keys.Keys.Where(k => Last(k) == Last(unknown)).ToList();
        return elsewhere.Count == 1 ? elsewhere[0] : null;
    }

    private static IEnumerable<string> Above(string path)
    {
        for (var i = 0; i < path.Length; i++)
        {
            if (path[i] == '.' || (path[i] == '[' && i > 0))
            {
                yield return path[..i];
            }
        }
    }

    private static string Last(string path) => path[(path.LastIndexOf('.') + 1)..];

    private static string Parent(string path) => path[..Math.Max(0, path.LastIndexOf('.'))];

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }
        return row[b.Length];
    }
}
