using System.Globalization;
using HealingWorkers.Dashboard.Pages.Serving;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Pages.Incidents;

/// <summary>What a person decides about incidents on the pages: the same decisions as everywhere, named, reasoned and audited.</summary>
internal sealed class IncidentForms(DashboardParts parts)
{
    /// <summary>More at once cannot have been looked at.</summary>
    public const int MostAtOnce = 100;

    private readonly IncidentLedger _incidents = new(parts.Ledger);
    private readonly IncidentDecisions _decide = new(new IncidentLedger(parts.Ledger), parts.Options.AutoHealing.MaxAutoRepairAttempts);

    public void Map(IEndpointRouteBuilder routes)
    {
        One("approve", "approved; the next free worker carries it out", ApproveReadAsync);
        One("refuse", "refused; it is in a person's hands now", (id, post) => _decide.RefuseAsync(id, post.Actor, post.Reason, post.Cancel));
        One("reopen", "reopened, with fresh attempts", (id, post) => _decide.ReopenAsync(id, post.Actor, post.Reason, post.Cancel));
        One("close", "closed", (id, post) => _decide.CloseAsync(id, post.Actor, post.Reason, post.Cancel));
        One("escalate", "escalated: the workers leave it to you", (id, post) => _decide.EscalateAsync(id, post.Actor, post.Reason, post.Cancel));
        One("suppress", "left alone from now on", (id, post) => _decide.SuppressAsync(id, post.Actor, post.Reason, Until(post), post.Cancel));
        routes.MapForm("/incidents/{id:long}/undo", UndoAsync);
        routes.MapForm("/incidents/decisions", ManyAsync);

        void One(string verb, string done, Func<long, FormPost, Task<Incident>> decision) => routes.MapForm($"/incidents/{{id:long}}/{verb}", async post =>
        {
            await DecideAsync(verb, post.Id, post, decision);
            return $"Incident {post.Id} is {done}.";
        });
    }

    private async Task DecideAsync(string verb, long id, FormPost post, Func<long, FormPost, Task<Incident>> decision)
    {
        var known = await _incidents.FindAsync(id, post.Cancel) ?? throw new HealingException($"there is no incident {id}", "the list of incidents shows what there is");
        using var span = TraceParent.Start("incident " + verb, known.TraceParent);
        await parts.Jobs.TakeUpAsync(await decision(id, post), post.Actor, post.Cancel);
    }

    /// <summary>Only for the rows of a plan that was read, and what it asked.</summary>
    private Task<Incident> ApproveAsync(long id, long? rows, string? plan, FormPost post) => rows is { } read
        ? _decide.ApproveAsync(id, post.Actor, post.Reason, read, plan, post.Cancel)
        : throw Unread(id);

    private static HealingException Unread(long id) => new($"the plan of incident {id} was not read", "open its plan, and approve it there");

    /// <summary>What may lose something: this very plan.</summary>
    private async Task<Incident> ApproveReadAsync(long id, FormPost post)
    {
        var (rows, plan) = (post.Number("rows"), post.Text("plan"));
        return plan is null && await _incidents.FindAsync(id, post.Cancel) is { Risk: RiskClass.Manual } ? throw Unread(id)
            : await ApproveAsync(id, rows, plan, post);
    }

    /// <summary>What may lose something is approved by itself, its plan read.</summary>
    private async Task<Incident> ApproveOneOfManyAsync(long id, FormPost post) =>
        await _incidents.FindAsync(id, post.Cancel) is { Risk: RiskClass.Manual }
            ? throw new HealingException($"the plan of incident {id} may lose something", "open its plan, and approve it there")
            : await ApproveAsync(id, post.Number(string.Create(CultureInfo.InvariantCulture, $"rows-{id}")), post.Text(string.Create(CultureInfo.InvariantCulture, $"plan-{id}")), post);

    private async Task<string> UndoAsync(FormPost post)
    {
        var id = post.Id;
        var incident = await _incidents.FindAsync(id, post.Cancel) ?? throw new HealingException($"there is no incident {id}", "the list of incidents shows what there is");
        return await parts.Jobs.UndoAsync(incident, post.Actor, post.Reason, post.Cancel) is { } run
            ? $"Run {run.Id} was asked for: a worker {(incident.State == IncidentState.Undone ? "does the repair again" : "brings the rows back")}."
            : "It is asked for already, and waits or runs.";
    }

    private async Task<string> ManyAsync(FormPost post)
    {
        var verb = post.Text("verb");
        var chosen = post.Ids;
        if (chosen.Count == 0 || chosen.Count > MostAtOnce || post.Number("count") != chosen.Count)
            throw new HealingException($"{post.Text("count") ?? "no number"} was confirmed, and {chosen.Count} are chosen", $"choose 1 to {MostAtOnce}, and enter how many they are");
        var why = post.Reason;
        var refused = new List<string>();
        foreach (var id in chosen)
        {
            try
            {
                await DecideAsync(verb!, id, post, (_, _) => verb switch
                {
                    "approve" => ApproveOneOfManyAsync(id, post),
                    "suppress" => _decide.SuppressAsync(id, post.Actor, why, Until(post), post.Cancel),
                    "close" => _decide.CloseAsync(id, post.Actor, why, post.Cancel),
                    _ => throw new HealingException("nothing was chosen to be done", "go back and use one of the buttons"),
                });
            }
            catch (HealingException e)
            {
                refused.Add(e.Message);
            }
        }
        var done = $"{chosen.Count - refused.Count} of {chosen.Count} incidents: {verb} done";
        return refused.Count == 0 ? $"{done}." : throw new HealingException($"{done}; {string.Join("; ", refused.Take(5))}{(refused.Count > 5 ? $"; and {refused.Count - 5} more" : "")}", "look at them one by one");
    }

    private static DateTimeOffset? Until(FormPost post) => post.Text("until") is not { } text ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var until) ? until
        : throw new HealingException($"`{text}` is no time", "write it like 2026-12-31T08:00, in UTC");
}
