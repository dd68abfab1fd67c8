using HealingWorkers.Dashboard.Fleet;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace HealingWorkers.Dashboard.Api;

/// <summary>Everything under /api/v1, the document about it, and the list of all addresses.</summary>
internal static class ApiEndpoints
{
    private static readonly string[] Shown = ["api/v1/", "openapi/", "healthz", "readyz", "livez", "metrics"];

    public static void Map(WebApplication app, DashboardParts parts)
    {
        var api = app.MapGroup("/api/v1");
        IncidentEndpoints.Map(api, parts);
        DecisionEndpoints.Map(api, parts);
        JobEndpoints.Map(api, parts);
        JobBulkEndpoints.Map(api, parts);
        ScheduleEndpoints.Map(api, parts);
        WorkerEndpoints.Map(api, parts);
        TargetEndpoints.Map(api, parts);
        AuditEndpoints.Map(api, parts);
        ConfigurationEndpoints.Map(api, parts);
        ExportEndpoints.Map(api, parts);
        PlanEndpoints.Map(api, parts, app.Services.GetRequiredService<PlanBook>());
        QuarantineEndpoints.Map(api, parts);
        EvidenceEndpoints.Map(api, parts);
        IncidentBulkEndpoints.Map(api, parts);
        OrderEndpoints.Map(api, parts);
        AlertEndpoints.Map(api, parts);
        BackupEndpoints.Map(api, parts);
        RestoreTestEndpoints.Map(api, parts);
        app.MapOpenApi(ApiDocument.Path);
        app.MapGet("/api", (EndpointDataSource endpoints) => TypedResults.Text(Index(endpoints))).ExcludeFromDescription();
    }

    private static string Index(EndpointDataSource endpoints)
    {
        var lines = endpoints.Endpoints.OfType<RouteEndpoint>()
            .Select(e => (Path: e.RoutePattern.RawText!.Replace("{documentName}", "v1", StringComparison.Ordinal), Methods: e.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"]))
            .Where(e => Shown.Any(prefix => e.Path.TrimStart('/').StartsWith(prefix, StringComparison.Ordinal)))
            .Select(e => $"{string.Join(',', e.Methods),-5} /{e.Path.TrimStart('/')}")
            .Distinct(StringComparer.Ordinal)
            .OrderBy(line => line[5..], StringComparer.Ordinal);
        return "HealingWorkers\n\n" + string.Join('\n', lines) + '\n';
    }
}
