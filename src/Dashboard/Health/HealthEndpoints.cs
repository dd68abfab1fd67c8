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
        foreach (var path in (string[])["/readyz", "/healthz"])
        {
            routes.MapGet(path, (CancellationToken cancel) => ReadyAsync(parts, watch, cancel))
                .WithSummary("The ledger can be read, so requests can be answered").Produces<Ready>().ProducesProblem(StatusCodes.Status503ServiceUnavailable).AllowAnonymous();
        }
        var control = DatabasePlace.Control(parts.Ledger.ConnectionString);
        var targets = parts.Options.Targets.Select(t => DatabasePlace.Of(t, parts.Options.Mode)).ToList();
        var probe = new DatabaseProbe(parts.Clock);
        routes.MapGet("/healthz/database", async (HttpContext context, string? target, CancellationToken cancel) =>
        {
            IReadOnlyList<DatabasePlace> places = target is null ? [control, .. targets] : [.. targets.Where(t => t.Name == target)];
            if (places.Count == 0)
                return (IResult)Problems.NoTarget(target!, Visitor.Of(context).IsKnown ? targets.Select(t => t.Name) : ["(log in to see them)"]);
            var report = Shown(await probe.LookAsync(places, cancel), Visitor.Of(context));
            return TypedResults.Json(report, statusCode: report.Status == HealthStatus.Ok ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        })
        .WithSummary("Reaches the control database and every target, or one of them, and sees whether it takes writes where it should")
        .Produces<HealthReport>().Produces<HealthReport>(StatusCodes.Status503ServiceUnavailable).ProducesProblem(StatusCodes.Status404NotFound).AllowAnonymous();
    }

    /// <summary>A probe learns what is well and what is not; why is for those who are known, since it tells of addresses and roles.</summary>
    private static HealthReport Shown(HealthReport report, Visitor visitor) => visitor.IsKnown
        ? report
        : report with { Databases = [.. report.Databases.Select(d => d with { Reason = d.Reason is null ? null : "log in to see why", Hint = null })] };

    private static async Task<IResult> ReadyAsync(DashboardParts parts, LedgerWatch watch, CancellationToken cancel)
    {
        if (watch.Away is { } away)
            return Problems.LedgerAway(away);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        source.CancelAfter(ReadyWithin);
        try
        {
            await LookAsync(parts.Ledger.ConnectionString, source.Token).WaitAsync(ReadyWithin, parts.Clock, cancel);
            return TypedResults.Json(new Ready("ok"));
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return Problems.LedgerAway(watch.Away);
        }
    }

    private static async Task LookAsync(string connection, CancellationToken cancel)
    {
        await using var session = await ProbeConnection.OpenAsync(connection, ReadySeconds, cancel);
        await session.ExecuteScalarAsync<long>(new CommandDefinition(Sql.Of<DatabaseProbe>("ledger_ready"), cancellationToken: cancel));
    }

    internal sealed record Ready(string Status);
}
