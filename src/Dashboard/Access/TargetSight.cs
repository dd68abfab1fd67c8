using System.Globalization;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Schedule;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Access;

/// <summary>What a token for some targets may read. What is not named here is closed to it: an endpoint that is added later is closed, too.</summary>
internal sealed class TargetSight(DashboardParts parts)
{
    private const string Target = "target";
    private const string Api = "/api/v1/";

    /// <summary>They show no target.</summary>
    private static readonly string[] Plain = ["/api", "/openapi/{documentName}.json"];
    /// <summary>They leave out by themselves what the visitor may not see.</summary>
    private static readonly string[] Filtering = ["/metrics", $"{Api}targets", $"{Api}schedules"];
    /// <summary>They take a target by which they filter.</summary>
    private static readonly string[] Lists =
    [
        $"{Api}incidents", $"{Api}incidents/export", $"{Api}jobs", $"{Api}jobs/count", $"{Api}jobs/export", $"{Api}audit", $"{Api}audit/export", $"{Api}quarantine", $"{Api}backups", $"{Api}restore-tests",
    ];

    private readonly IncidentLedger _incidents = new(parts.Ledger);
    private readonly JobLedger _jobs = new(parts.Ledger);

    public static bool IsList(HttpContext context) => Lists.Contains(Route(context), StringComparer.Ordinal);

    public async Task<bool> MaySeeAsync(HttpContext context, IReadOnlyList<string> targets)
    {
        var route = Route(context);
        if (context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null || Plain.Contains(route, StringComparer.Ordinal) || Filtering.Contains(route, StringComparer.Ordinal))
            return true;
        if (IsList(context))
            return Narrow(context.Request, targets);
        return await OwnerAsync(context, route) is { } owner && targets.Contains(owner, StringComparer.Ordinal);
    }

    /// <summary>A list is of one target that is named. A token for one target means that one.</summary>
    private static bool Narrow(HttpRequest request, IReadOnlyList<string> targets)
    {
        if (request.Query.TryGetValue(Target, out var named))
            return named is [{ } one] && targets.Contains(one, StringComparer.Ordinal);
        if (targets.Count != 1)
            return false;
        request.QueryString = request.QueryString.Add(Target, targets[0]);
        return true;
    }

    /// <summary>The target that one thing belongs to; null for what has none, or is none.</summary>
    private async Task<string?> OwnerAsync(HttpContext context, string route)
    {
        if (Begins("targets/{name}"))
            return $"{context.GetRouteValue("name")}";
        if (Begins("schedules/{id}"))
            return parts.Jobs.Recurring.FirstOrDefault(j => string.Equals(j.Id, $"{context.GetRouteValue("id")}", StringComparison.Ordinal))?.Target;
        if (!long.TryParse($"{context.GetRouteValue("id")}", NumberStyles.None, CultureInfo.InvariantCulture, out var id))
            return null;
        if (Begins("incidents/{id:long}") || Begins("quarantine/{id:long}"))
            return (await _incidents.FindAsync(id, context.RequestAborted))?.TargetName;
        return Begins("jobs/{id:long}") ? (await _jobs.FindAsync(id, context.RequestAborted))?.Target : null;

        bool Begins(string path) => route.StartsWith(Api + path, StringComparison.Ordinal);
    }

    private static string Route(HttpContext context) => "/" + ((context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "").TrimStart('/');
}
