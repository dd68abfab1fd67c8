using System.Globalization;
using System.Text.Json;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Access;

/// <summary>A token may be for some targets only: then it sees and changes these, by the ways that name a target, and nothing else.</summary>
internal sealed class TargetFence(LedgerDb db, TargetSight sight)
{
    private const string Incident = "/api/v1/incidents/{id:long}/";
    private static readonly string[] Named = ["/api/v1/trigger", "/api/v1/pause", "/api/v1/resume"];
    private readonly IncidentLedger _incidents = new(db);

    public async Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        if (Visitor.Of(context).Targets is not { } targets)
            await next(context);
        else if (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
            await ReadAsync(context, targets, next);
        else if (await IsWithinAsync(context, targets))
            await next(context);
        else
            await RefuseAsync(context, $"this token changes {string.Join(", ", targets)} only", "name that target in the request, or `healing tokens create` one without --target");
    }

    private async Task ReadAsync(HttpContext context, IReadOnlyList<string> targets, RequestDelegate next)
    {
        if (await sight.MaySeeAsync(context, targets))
            await next(context);
        else
            await RefuseAsync(context, $"this token sees {string.Join(", ", targets)} only", targets.Count > 1 && TargetSight.IsList(context)
                ? $"name one of them: ?target={targets[0]}" : "ask for what belongs to that target, or `healing tokens create` one without --target");
    }

    private static Task RefuseAsync(HttpContext context, string what, string hint) =>
        ProblemAnswers.AnswerAsync(context, Problems.Of(StatusCodes.Status403Forbidden, "token_target", what, hint));

    private async Task<bool> IsWithinAsync(HttpContext context, IReadOnlyList<string> targets)
    {
        var route = (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "";
        if (route.StartsWith(Incident, StringComparison.Ordinal))
            return long.TryParse($"{context.GetRouteValue("id")}", NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && await _incidents.FindAsync(id, context.RequestAborted) is { } incident && targets.Contains(incident.TargetName, StringComparer.Ordinal);
        return Named.Contains(route, StringComparer.Ordinal) && await NamesAsync(context) is { Count: > 0 } names && names.All(n => targets.Contains(n, StringComparer.Ordinal));
    }

    /// <summary>Every target in the body: a name that is written twice, or in other letters, must not hide another.</summary>
    private static async Task<IReadOnlyList<string?>> NamesAsync(HttpContext context)
    {
        context.Request.EnableBuffering();
        try
        {
            using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            return body.RootElement.ValueKind != JsonValueKind.Object ? [] :
            [
                .. body.RootElement.EnumerateObject().Where(p => p.Name.Equals("target", StringComparison.OrdinalIgnoreCase))
                    .Select(p => p.Value.ValueKind == JsonValueKind.String ? p.Value.GetString() : null),
            ];
        }
        catch (JsonException)
        {
            return [];
        }
        finally
        {
            context.Request.Body.Position = 0;
        }
    }
}
