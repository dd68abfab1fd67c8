using System.Globalization;
using System.Text.RegularExpressions;

namespace HealingWorkers.Jobs.Options;

/// <summary>A value as somebody wrote it, before it is understood.</summary>
/// <param name="Path">With numbers for list items: <c>targets[0].name</c>.</param>
/// <param name="Source">Where it was written, as a person would look for it: <c>healing.yaml:4</c>.</param>
/// <param name="Rank">Higher wins: 1 file, 2 environment, 3 command line.</param>
public sealed partial record ConfigEntry(string Path, string Value, string Source, int Rank)
{
    /// <summary>The file that the value was read from, where it was written as KEY_file.</summary>
    public string? File { get; init; }

    /// <summary>The path as the table of keys has it: <c>targets[].name</c>.</summary>
    public string Pattern => Generalise(Path);

    public static string Generalise(string path) => Item().Replace(path, "[]");

    /// <summary>The numbers of the list items on the way.</summary>
    public static IReadOnlyList<int> Items(string path) =>
        [.. Item().Matches(path).Select(m => int.Parse(m.Groups[1].ValueSpan, CultureInfo.InvariantCulture))];

    [GeneratedRegex(@"\[(\d{1,4})\]", RegexOptions.None, 1000)]
    private static partial Regex Item();
}
