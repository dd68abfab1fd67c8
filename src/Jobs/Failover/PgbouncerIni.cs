using System.Globalization;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Failover;

/// <summary>pgbouncer.ini with another place for one database; every other letter stays.</summary>
public static partial class PgbouncerIni
{
    /// <param name="password">Replaced only where the line has one, and it is that of <paramref name="user"/>; null leaves it.</param>
    public static string Rewrite(string text, string database, string host, int port, string? password, string? user = null)
    {
        var lines = text.Split('\n');
        var at = Line(lines, database);
        var match = Entry().Match(lines[at]);
        var said = match.Groups["said"].Value;
        said = Set(said, "host", host, add: true);
        said = Set(said, "port", port.ToString(CultureInfo.InvariantCulture), add: true);
        said = password is null || (Value(said, "user") is { } own && own != user) ? said : Set(said, "password", password, add: false);
        lines[at] = match.Groups["name"].Value + said + match.Groups["end"].Value;
        return string.Join('\n', lines);
    }

    private static int Line(string[] lines, string database)
    {
        var section = "";
        var entries = new List<(int At, string Name, string Database)>();
        for (var at = 0; at < lines.Length; at++)
        {
            if (Section().Match(lines[at]) is { Success: true } heading)
            {
                section = heading.Groups[1].Value.Trim();
            }
            else if (section == "databases" && Entry().Match(lines[at]) is { Success: true } entry)
            {
                var name = entry.Groups["key"].Value.Trim('"').Replace("\"\"", "\"", StringComparison.Ordinal);
                entries.Add((at, name, Value(entry.Groups["said"].Value, "dbname") ?? name));
            }
        }
        var named = entries.Where(e => e.Name == database).ToList();
        named = named.Count > 0 ? named : [.. entries.Where(e => e.Database == database)];
        named = named.Count > 0 ? named : [.. entries.Where(e => e.Name == "*")];
        return named.Count switch
        {
            1 => named[0].At,
            0 => throw new HealingException($"pgbouncer's configuration has no line for the database {database}", "it must stand under [databases] of rotation.pgbouncer_ini itself, not in an included file"),
            _ => throw new HealingException($"several lines of pgbouncer's configuration lead to the database {database}: {string.Join(", ", named.Select(n => n.Name))}", "name one of them like the database"),
        };
    }

    private static string? Value(string said, string key) => Pair().Matches(said).FirstOrDefault(m => m.Groups["key"].Value == key)?.Groups["value"].Value.Trim('\'').Replace("''", "'", StringComparison.Ordinal);

    private static string Set(string said, string key, string value, bool add)
    {
        var written = value.Length == 0 || value.AsSpan().IndexOfAny(" \t'\\") >= 0 ? $"'{value.Replace("'", "''", StringComparison.Ordinal)}'" : value;
        var found = false;
        var set = Pair().Replace(said, m =>
        {
            if (m.Groups["key"].Value != key)
            {
                return m.Value;
            }
            found = true;
            return $"{key}{m.Groups["is"].Value}{written}";
        });
        return found || !add ? set : $"{set.TrimEnd()} {key}={written}";
    }

    [GeneratedRegex(@"^\s*\[([^\]]*)\]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Section();

    [GeneratedRegex(@"^(?<name>\s*(?<key>""(?:[^""]|"""")*""|[^\s=;#%\[]+)\s*=\s*)(?<said>.*?)(?<end>\s*)$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Entry();

    [GeneratedRegex(@"(?<key>[A-Za-z_]+)(?<is>\s*=\s*)(?<value>'(?:[^']|'')*'|[^\s']+)", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Pair();
}
