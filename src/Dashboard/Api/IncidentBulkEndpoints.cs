using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>The same decision about all incidents that match, once their count is confirmed. Plans that have to be read are left.</summary>
internal static class IncidentBulkEndpoints
{
    private const int Most = 1000;

    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var incidents = new IncidentLedger(parts.Ledger);
        var decide = new IncidentDecisions(incidents, parts.Options.AutoHealing.MaxAutoRepairAttempts);
        Map("approve", "Approves all plans that wait and lose nothing", i => i.WaitsForApproval && i.Risk is not (RiskClass.Quarantining or RiskClass.Manual), (id, who, body, cancel) => decide.ApproveAsync(id, who, body.Reason!, cancel));
        Map("reopen", "Takes up again all that match", i => IncidentTransitions.Permits(i.State, IncidentState.Detected) && !i.State.IsInHand(), (id, who, body, cancel) => decide.ReopenAsync(id, who, body.Reason!, cancel));
        Map("close", "Closes all that match without a repair", i => IncidentTransitions.Permits(i.State, IncidentState.Closed), (id, who, body, cancel) => decide.CloseAsync(id, who, body.Reason!, cancel));
        Map("suppress", "Leaves all that match alone", i => IncidentTransitions.Permits(i.State, IncidentState.Suppressed), (id, who, body, cancel) => decide.SuppressAsync(id, who, body.Reason!, body.Until, cancel));

        void Map(string verb, string summary, Func<Incident, bool> may, Func<long, string, IncidentOrder, CancellationToken, Task<Incident>> decision) =>
            api.MapPost($"/incidents/{verb}", (IncidentOrder body, HttpContext http, CancellationToken cancel) => DoAsync(parts, incidents, http, body, may, decision, cancel))
                .WithSummary(summary).Produces<IncidentsDone>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict)
                .Example(new IncidentOrder(new("movies", verb switch { "approve" => "AwaitingApproval", "suppress" => "Detected", _ => "Escalated" }, "btree_corrupt", null, null, null), 1, null, "looked at them", "anna"));
    }

    private static async Task<IResult> DoAsync(DashboardParts parts, IncidentLedger incidents, HttpContext http, IncidentOrder body, Func<Incident, bool> may, Func<long, string, IncidentOrder, CancellationToken, Task<Incident>> decision, CancellationToken cancel)
    {
        if (Words.Refuse(http, body.Reason, body.Actor, out var actor) is { } refused)
            return refused;
        if ((body.Matching ?? new(null, null, null, null, null, null)).Refuse(out var filter) is { } wrong)
            return wrong;
        var meant = (await AllAsync(incidents, filter, cancel)).Where(may).ToList();
        if (meant.Count > Most)
            return Problems.Invalid($"more than {Most} incidents match", "narrow them down, and do it in several steps");
        if (body.Count != meant.Count)
            return Problems.Unconfirmed(meant.Count);
        var (done, left) = (new List<long>(), new List<Left>());
        foreach (var incident in meant)
        {
            try
            {
                await parts.Jobs.TakeUpAsync(await decision(incident.Id, actor, body, cancel), actor, cancel);
                done.Add(incident.Id);
            }
            catch (HealingException e)
            {
                left.Add(new(incident.Id, e.Message));
            }
        }
        return TypedResults.Json(new IncidentsDone(done, left));
    }

    private static async Task<List<Incident>> AllAsync(IncidentLedger incidents, IncidentFilter filter, CancellationToken cancel)
    {
        var all = new List<Incident>();
        for (IReadOnlyList<Incident> page; (page = await incidents.ListAsync(filter with { Before = all.Count > 0 ? all[^1].Id : null, Limit = Most }, cancel)).Count > 0;)
        {
            all.AddRange(page);
            if (page.Count < Most || all.Count > Most * 10)
                break;
        }
        return all;
    }
}

/// <param name="Matching">Which incidents; all that the decision can be made about without.</param>
/// <param name="Count">As many as are meant: where as many do not match, nothing is done.</param>
/// <param name="Until">Of suppressing: when they come back by themselves.</param>
public sealed record IncidentOrder(IncidentQuery? Matching, int? Count, DateTimeOffset? Until, string? Reason, string? Actor);

public sealed record Left(long Incident, string Why);

/// <param name="Left">What changed meanwhile, and why it was left.</param>
public sealed record IncidentsDone(IReadOnlyList<long> Done, IReadOnlyList<Left> Left);
