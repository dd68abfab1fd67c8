using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Alerts;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>How the sinks of the alerts are doing, and the button that tries them.</summary>
internal static class AlertEndpoints
{
    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var names = AlertSinkNames.Of(parts.Options.Alerts);
        var sinks = AlertSinks.Of(parts.Options.Alerts, AlertSinks.Client(), parts.Clock, parts.Logs);
        var test = new AlertTest(parts.Ledger, sinks, parts.Clock);
        api.MapGet("/alerts", async (CancellationToken cancel) => TypedResults.Json(
            (await new AlertSinkLedger(parts.Ledger).StatesAsync(names, cancel)).Select(s => new AlertSinkShape(s.Sink, s.Waiting, s.WaitingSince, s.Failures, s.RetryAt, s.LastError, s.LastSentAt))))
            .WithSummary("The sinks of the alerts: what waits for each, and how it is doing").Produces<IEnumerable<AlertSinkShape>>();
        api.MapPost("/alerts/test", async (AlertTrial body, HttpContext http, CancellationToken cancel) =>
            Words.Refuse(http, body.Reason, body.Actor, out var actor) is { } refused ? (IResult)refused
            : body.Sink is not null && !names.Contains(body.Sink, StringComparer.Ordinal) ? Problems.Invalid($"there is no sink {body.Sink}", $"configured are: {string.Join(", ", names)}")
            : TypedResults.Json(new AlertTried(await test.RunAsync(body.Sink, actor, body.Reason!, cancel))))
            .WithSummary("Sends a test alert by every sink, or by one, and says what came of it").Example(new AlertTrial("log", "does it work?", "anna")).Produces<AlertTried>().ProducesProblem(StatusCodes.Status400BadRequest);
    }
}

/// <param name="Failures">In a row, since it last took something.</param>
public sealed record AlertSinkShape(string Sink, long Waiting, DateTimeOffset? WaitingSince, int Failures, DateTimeOffset? RetryAt, string? LastError, DateTimeOffset? LastSentAt);

/// <param name="Sink">All of them without one.</param>
public sealed record AlertTrial(string? Sink, string? Reason, string? Actor);

public sealed record AlertTried(IReadOnlyList<SinkTest> Results);
