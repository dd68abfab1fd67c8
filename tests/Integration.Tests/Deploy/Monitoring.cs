using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Telemetry;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Deploy;

/// <summary>What expressions of PromQL speak of.</summary>
internal static partial class Monitoring
{
    /// <summary>Metrics of ours in an expression that the catalogue does not know; recorded ones are named with colons.</summary>
    public static IEnumerable<string> Strangers(string expression)
    {
        var known = MetricCatalogue.All.SelectMany(m => m.Type == MetricType.Histogram
            ? new[] { m.PrometheusName + "_bucket", m.PrometheusName + "_sum", m.PrometheusName + "_count" } : [m.PrometheusName]).ToHashSet(StringComparer.Ordinal);
        return Names().Matches(expression).Select(m => m.Value).Where(n => !known.Contains(n));
    }

    public static void Require(string program, string package)
    {
        if (!File.Exists(program))
            Assert.Ignore($"There is no {Path.GetFileName(program)} here (Debian's package {package}).");
    }

    [GeneratedRegex(@"(?<![:\w""])(?:db|healing)_[a-z_0-9]+(?![:\w])", RegexOptions.None, 1000)]
    private static partial Regex Names();
}
