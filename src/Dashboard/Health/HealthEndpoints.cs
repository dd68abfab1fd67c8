using Dapper;
using HealingWorkers.Jobs.Telemetry;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Dashboard.Outage;
using HealingWorkers.Jobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Npgsql;

namespace HealingWorkers.Dashboard.Health;

/// <summary>/readyz, its older name /healthz, and the databases one by one.</summary>
internal static class HealthEndpoints
{
    private const int ReadySeconds = 2;
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(1.6);

    public static void Map(IEndpointRouteBuilder routes, DashboardParts parts, LedgerWatch watch)
    {
        var ready = new SharedLook<bool>(() => IsReadyAsync(parts), parts.Clock);
        foreach (var path in (string[])["/readyz", "/healthz"])
        {
            routes.MapGet(path, async (CancellationToken cancel) =>
                    watch.Away is null && await ready.SeeAsync(cancel) ? TypedResults.Json(new Ready("ok")) : (IResult)Problems.LedgerAway(watch.Away))
                .WithSummary("The ledger can be read, so requests can be answered").Produces<Ready>().ProducesProblem(StatusCodes.Status503ServiceUnavailable).AllowAnonymous();
        }
        var control = DatabasePlace.Control(parts.Ledger.ConnectionString);
        var targets = parts.Options.Targets.Select(t => DatabasePlace.Of(t, parts.Options.Mode)).ToList();
        var probe = new DatabaseProbe(parts.Clock);
        routes.MapGet("/healthz/database", async (HttpContext context, string? target, CancellationToken cancel) =>
        {
            var visitor = Visitor.Of(context);
            IReadOnlyList<DatabasePlace> places = target is null ? [control, .. targets] : [.. targets.Where(t => t.Name == target)];
            if (places.Count == 0)
                return (IResult)Problems.NoTarget(target!, targets.Where(t => MaySeeWhy(t.Role, t.Name, visitor)).Select(t => t.Name).DefaultIfEmpty(visitor.IsKnown ? "(none for this token)" : "(log in to see them)"));
            var report = Shown(await probe.LookAsync(places, cancel), visitor);
            return TypedResults.Json(report, statusCode: report.Status == HealthStatus.Ok ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        })
        .WithSummary("Reaches the control database and every target, or one of them, and sees whether it takes writes where it should")
        .Produces<HealthReport>().Produces<HealthReport>(StatusCodes.Status503ServiceUnavailable).ProducesProblem(StatusCodes.Status404NotFound).AllowAnonymous();
    }

    /// <summary>A probe learns what is well and what is not; why is for those who may see that database, since it tells of addresses and roles.</summary>
    private static HealthReport Shown(HealthReport report, Visitor visitor) => report with
    {
        Databases = [.. report.Databases.Select(d => MaySeeWhy(d.Role, d.Name, visitor) ? d : d with { Reason = d.Reason is null ? null : Hidden(visitor), Hint = null })],
    };

    private static bool MaySeeWhy(DatabaseRole role, string name, Visitor visitor) =>
        visitor is { IsKnown: true, IsForMetrics: false } && (role == DatabaseRole.Control ? visitor.Targets is null : visitor.Sees(name));

    private static string Hidden(Visitor visitor) => visitor.IsKnown ? "not for this token" : "log in to see why";

    private static async Task<bool> IsReadyAsync(DashboardParts parts)
    {
        using var limit = new CancellationTokenSource(ReadyWithin, parts.Clock);
        try
        {
            await LookAsync(parts.Ledger.ConnectionString, limit.Token).WaitAsync(limit.Token);
            return true;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException)
        {
            return false;
        }
    }

    private static async Task LookAsync(string connection, CancellationToken cancel)
    {
        await using var session = await ProbeConnection.OpenAsync(connection, ReadySeconds, cancel);
        await session.ExecuteScalarAsync<long>(new CommandDefinition(Sql.Of<DatabaseProbe>("ledger_ready"), cancellationToken: cancel));
    }

    internal sealed record Ready(string Status);
}
