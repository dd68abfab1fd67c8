using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Which incidents are meant; all of them without any.</summary>
/// <param name="Search">Somewhere in the object, the detail or the reason.</param>
/// <param name="Open">True leaves out what is resolved, closed or undone.</param>
public sealed record IncidentQuery(string? Target, string? State, string? Kind, string? Severity, string? Search, bool? Open)
{
    internal ProblemHttpResult? Refuse(out IncidentFilter filter)
    {
        filter = new IncidentFilter { Target = Target, Kind = Kind, Search = Search, OpenOnly = Open == true };
        if (!One<IncidentState>(State, out var state))
            return Problems.Invalid($"there is no state {State}", $"there are: {string.Join(", ", Enum.GetNames<IncidentState>())}");
        if (!One<Severity>(Severity, out var severity))
            return Problems.Invalid($"there is no severity {Severity}", $"there are: {string.Join(", ", Enum.GetNames<Severity>()).ToLowerInvariant()}");
        filter = filter with { State = state, Severity = severity };
        return null;
    }

    private static bool One<T>(string? text, out T? value) where T : struct, Enum
    {
        value = text is not null && Enum.GetNames<T>().Contains(text, StringComparer.OrdinalIgnoreCase) ? Enum.Parse<T>(text, ignoreCase: true) : null;
        return text is null || value is not null;
    }
}
