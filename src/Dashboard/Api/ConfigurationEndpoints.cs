using HealingWorkers.Jobs.Options;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>What is in force in the process that answers.</summary>
internal static class ConfigurationEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts) =>
        api.MapGet("/configuration", () => TypedResults.Json(parts.Config.Select(Shape)))
            .WithSummary("Every value in force, secrets hidden, and where it comes from").Produces<IEnumerable<ConfigShape>>();

    private static ConfigShape Shape(EffectiveValue value) => new(value.Path, value.Shown, value.Source);
}

/// <param name="Source">file and line, the environment, the command line, or default.</param>
public sealed record ConfigShape(string Key, string Value, string Source);
