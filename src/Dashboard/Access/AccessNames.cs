using System.Text.RegularExpressions;

namespace HealingWorkers.Dashboard.Access;

/// <summary>What users and tokens may be called, so that a line of a file stays a line.</summary>
public static partial class AccessNames
{
    public const string Rule = "letters, digits and . _ @ -, 64 at most";

    public static bool IsOne(string name) => Name().IsMatch(name);

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._@-]{0,63}\z", RegexOptions.None, 1000)]
    private static partial Regex Name();
}
