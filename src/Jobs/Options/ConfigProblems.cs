using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Options;

/// <summary>Everything that is wrong with a configuration, so that it is said at once.</summary>
public sealed class ConfigProblems
{
    private readonly List<string> _all = [];

    public void Add(string source, string what)
    {
        var problem = $"{source}: {what}";
        if (!_all.Contains(problem, StringComparer.Ordinal))
        {
            _all.Add(problem);
        }
    }

    private static int Compare(string a, string b) => string.Compare(a, b, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.CompareOptions.NumericOrdering);

    public void ThrowIfAny()
    {
        if (_all.Count > 0)
        {
            throw new HealingException(
                (_all.Count == 1 ? "the configuration is not right" : $"the configuration is not right in {_all.Count} places")
                    + string.Concat(_all.OrderBy(p => p, Comparer<string>.Create(Compare)).Select(p => "\n  " + p)),
                "docs/configuration.md describes every key; `healing config check` shows what is in force");
        }
    }
}
