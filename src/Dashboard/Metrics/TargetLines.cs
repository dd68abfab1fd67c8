using System.Text;
using System.Text.RegularExpressions;

namespace HealingWorkers.Dashboard.Metrics;

/// <summary>Of a page of metrics the lines of some targets, and what says what they mean; what is of the whole fleet or of a process stays out.</summary>
internal static partial class TargetLines
{
    public static string Of(string page, IReadOnlyCollection<string> targets)
    {
        var kept = new StringBuilder(page.Length);
        foreach (var line in page.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith('#') || (Label().Match(line) is { Success: true } label && targets.Contains(Plain(label.Groups[1].Value))))
                kept.Append(line).Append('\n');
        }
        return kept.ToString();
    }

    private static string Plain(string escaped) => Escape().Replace(escaped, m => m.Value == "\\n" ? "\n" : m.Value[1..]);

    // the labels before it are walked whole, so that no text within another label is taken for it
    [GeneratedRegex(@"^[^{]*\{(?:[a-zA-Z0-9_]+=""(?:[^""\\]|\\.)*"",)*?target=""((?:[^""\\]|\\.)*)""", RegexOptions.None, 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"\\.", RegexOptions.None, 1000)]
    private static partial Regex Escape();
}
