using System.Text.RegularExpressions;

namespace HealingWorkers.Jobs.Options;

/// <summary>Reads names as SQL does: what is not quoted is folded to lower case.</summary>
public static partial class SqlNames
{
    /// <summary>The parts of a dotted name. Throws <see cref="FormatException"/>.</summary>
    public static IReadOnlyList<string> Path(string text) => Split(text, '.').Select(Name).ToList();

    public static IReadOnlyList<string> List(string text) => Split(text, ',').ToList();

    /// <summary>For people and fingerprints; what goes to a server is quoted by the server.</summary>
    public static string Quote(string name) => Plain().IsMatch(name) ? name : $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private static string Name(string part)
    {
        var text = part.Trim();
        return Quoted().IsMatch(text) ? text[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal)
            : Unquoted().IsMatch(text) ? text.ToLowerInvariant()
            : throw new FormatException();
    }

    private static IEnumerable<string> Split(string text, char separator)
    {
        var (from, inside) = (0, false);
        for (var i = 0; i < text.Length; i++)
        {
            inside ^= text[i] == '"';
            if (text[i] == separator && !inside)
            {
                yield return text[from..i];
                from = i + 1;
            }
        }
        yield return text[from..];
    }

    [GeneratedRegex("""^"(?:[^"\0]|"")+"$""", RegexOptions.None, 1000)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^[\p{L}_][\p{L}\p{Nd}_$]*$", RegexOptions.None, 1000)]
    private static partial Regex Unquoted();

    [GeneratedRegex("^[a-z_][a-z0-9_$]*$", RegexOptions.None, 1000)]
    private static partial Regex Plain();
}
