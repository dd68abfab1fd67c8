using System.Globalization;
using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Dashboard.Pages.Serving;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Pages.Quarantine;

/// <summary>Asks a worker to bring rows back; the dashboard itself writes to no target.</summary>
internal sealed class QuarantineForms(DashboardParts parts)
{
    public const int OnOnePage = 100;

    private readonly IncidentLedger _incidents = new(parts.Ledger);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapForm("/quarantine/restore", RestoreAsync);
        routes.MapForm("/quarantine/{id:long}/rows", RowsAsync);
    }

    public static bool CanComeBack(QuarantinedIncident taken) =>
        Enum.Parse<IncidentState>(taken.State) is var state && state.GivesBack() && (state == IncidentState.Resolved || taken.Back < taken.Rows);

    private async Task<string> RowsAsync(FormPost post)
    {
        var incident = await _incidents.FindAsync(post.Id, post.Cancel) ?? throw new HealingException($"there is no incident {post.Id}", "the quarantine lists those that took rows");
        var rows = new RowChoice(KeptPlace.ParseAll(post.All("row")), post.Text("again") is not null);
        if (rows.Places.Count == 0)
            throw new HealingException("nothing was chosen", "tick the rows that are meant");
        return await parts.Jobs.UndoAsync(incident, post.Actor, post.Reason, post.Cancel, rows) is { } run
            ? $"Run {run.Id} was asked for: a worker {(rows.Again ? "takes again" : "brings back")} {rows.Places.Count} rows. Reload to see how it went."
            : "Something about the rows of this incident is asked for already, and waits or runs.";
    }

    private async Task<string> RestoreAsync(FormPost post)
    {
        var chosen = post.Text("all") is null ? post.Ids
            : (await new QuarantineBook(parts).ListAsync(post.Text("target"), post.Number("before"), OnOnePage, post.Cancel)).Where(CanComeBack).Select(q => q.Incident).ToList();
        if (chosen.Count == 0)
            throw new HealingException("nothing was chosen", "tick the rows that are to come back");
        var (why, asked) = (post.Reason, 0);
        foreach (var id in chosen)
        {
            var incident = await _incidents.FindAsync(post.Id, post.Cancel) ?? throw new HealingException($"there is no incident {post.Id}", "reload the list");
            if (!incident.State.GivesBack())
                throw new HealingException($"incident {id} is {incident.State} by now; {asked} were asked for before it", "reload the list");
            if (await parts.Jobs.UndoAsync(incident, post.Actor, why, post.Cancel) is not null)
                asked++;
        }
        return $"Asked for: a worker brings back the rows of {asked} of {chosen.Count} incidents; the others are asked for already. The jobs tell how it went.";
    }
}
