using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace HealingWorkers.Jobs.Healing;

/// <summary>What a plan asks a person, as an approval keeps it: a hash of each question, so that a later plan asks nothing that was not read then.</summary>
public static partial class PlanQuestions
{
    private const string Mark = "asked:";
    private const string Between = "; ";

    /// <summary>Null where it asks nothing.</summary>
    public static string? BindingOf(string? asks) => asks is null ? null : Mark + string.Join(',', Each(asks).Select(Hash).Order(StringComparer.Ordinal));

    /// <param name="approved">What the approval is bound to; null: to nothing.</param>
    /// <returns>The questions that the approval does not know; null where there are none.</returns>
    public static string? NewTo(string? approved, string? asks)
    {
        if (asks is null)
        {
            return null;
        }
        HashSet<string> known = approved?.StartsWith(Mark, StringComparison.Ordinal) == true ? [.. approved[Mark.Length..].Split(',')] : [];
        var news = Each(asks).Where(q => !known.Contains(Hash(q))).ToList();
        return news.Count == 0 ? null : string.Join(Between, news);
    }

    private static IEnumerable<string> Each(string asks) => asks.Split(Between).Distinct(StringComparer.Ordinal);

    /// <summary>Of a table that lives the counts are others every moment, and the question is the same.</summary>
    private static string Hash(string question) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Count().Replace(question, "#"))));

    /// <summary>No part of a name.</summary>
    [GeneratedRegex(@"(?<![\w.""$])\d+(?![\w.""$])", RegexOptions.None, 1000)]
    private static partial Regex Count();
}
