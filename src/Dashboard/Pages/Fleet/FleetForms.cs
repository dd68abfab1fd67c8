using HealingWorkers.Dashboard.Api;
using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Dashboard.Pages.Serving;
using HealingWorkers.Jobs.Alerts;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Pages.Fleet;

/// <summary>What the forms of these pages do; the same operations as behind the API.</summary>
internal sealed class FleetForms(DashboardParts parts)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var verb in Enum.GetValues<JobVerb>())
        {
            var name = verb.ToString().ToLowerInvariant();
            routes.MapForm($"/jobs/{{id:long}}/{name}", async post =>
            {
                var run = await parts.Jobs.Orders.DoAsync(verb, post.Id, post.Actor, post.Reason, post.Cancel);
                return verb == JobVerb.Retry ? $"Asked for again, as run {run.Id}." : $"Run {run.Id} is {verb.Past()}.";
            });
            routes.MapForm($"/jobs/{name}-all", async post =>
            {
                var query = new JobQuery(post.Text("job"), post.Text("target"), post.Text("state"), post.Text("worker"), post.Number("incident"), null, null);
                var done = await parts.Jobs.Orders.DoAllAsync(verb, query.Filter(), (int)(post.Number("count") ?? -1), post.Actor, post.Reason, post.Cancel);
                return $"{done.Done} runs {verb.Past()}" + (done.Left > 0 ? $"; {done.Left} were left, since the same waits already or a schedule needs them." : ".");
            });
        }
        routes.MapForm("/schedules/run", RunAsync);
        routes.MapForm("/schedules/pause", async post =>
        {
            var schedule = await ScheduleAsync(post);
            await new SchedulePauses(parts.Ledger).PauseAsync(schedule.Id, post.Actor, post.Reason, post.Cancel);
            return $"{schedule.Id} is paused.";
        });
        routes.MapForm("/schedules/resume", async post =>
        {
            var schedule = await ScheduleAsync(post);
            return await new SchedulePauses(parts.Ledger).ResumeAsync(schedule.Id, post.Actor, post.Reason, post.Cancel) ? $"{schedule.Id} goes on." : $"{schedule.Id} was not paused.";
        });
        routes.MapForm("/workers/drain", post => DrainAsync(post, drain: true));
        routes.MapForm("/workers/resume", post => DrainAsync(post, drain: false));
        routes.MapForm("/targets/pause", async post =>
        {
            await new Pauses(parts.Ledger).PauseAsync(await TargetAsync(post), post.Actor, post.Reason, post.Cancel);
            return $"Repairs of {post.Text("target") ?? "everything"} are paused.";
        });
        routes.MapForm("/targets/resume", async post =>
            await new Pauses(parts.Ledger).ResumeAsync(await TargetAsync(post), post.Actor, post.Reason, post.Cancel) ? $"Repairs of {post.Text("target") ?? "everything"} go on." : "They were not paused.");
        routes.MapForm("/configuration/alerts/test", TestAsync);
    }

    private async Task<string> RunAsync(FormPost post)
    {
        var schedule = await ScheduleAsync(post);
        if (await parts.Jobs.TriggerAsync(new JobTrigger(schedule.Job, schedule.Target!, post.Text("table"), post.Actor), post.Cancel) is not { } run)
            return "The same waits or runs already.";
        await new AuditLog(parts.Ledger).WriteAsync(new AuditEntry("job.triggered", "info", $"{run.Key} triggered: {post.Reason}", post.Actor), post.Cancel);
        return $"Asked for, as run {run.Id}.";
    }

    private async Task<string> DrainAsync(FormPost post, bool drain)
    {
        var worker = await new WorkerBook(parts).FindAsync(post.Text("id") ?? "", post.Cancel) ?? throw new HealingException("there is no such worker", "it may have gone meanwhile; load the page again");
        var scope = post.Text("scope") == "host" ? DrainScope.Host : DrainScope.Worker;
        var (drains, name) = (new Drains(parts.Ledger), scope == DrainScope.Host ? worker.Host : worker.Id);
        if (drain)
            await drains.DrainAsync(scope, name, post.Actor, post.Reason, post.Cancel);
        else if (!await drains.ResumeAsync(scope, name, post.Actor, post.Reason, post.Cancel))
            return $"{name} was not drained.";
        await parts.Jobs.WakeAsync(post.Cancel);
        return drain ? $"{name} takes nothing new." : $"{name} works again.";
    }

    private async Task<string> TestAsync(FormPost post)
    {
        using var http = AlertSinks.Client();
        var results = await new AlertTest(parts.Ledger, AlertSinks.Of(parts.Options.Alerts, http, parts.Clock, parts.Logs), parts.Clock).RunAsync(post.Text("sink"), post.Actor, post.Reason, post.Cancel);
        return string.Join(" ", results.Select(r => r.Sent ? $"{r.Sink} took it." : $"{r.Sink} did not: {r.Error}."));
    }

    private async Task<ScheduleView> ScheduleAsync(FormPost post) =>
        await new ScheduleBook(parts).FindAsync(post.Text("id") ?? "", post.Cancel) ?? throw new HealingException("there is no such schedule", "load the page again");

    /// <summary>Null: all of them.</summary>
    private async Task<long?> TargetAsync(FormPost post) => post.Text("target") is not { } name ? null
        : await new IncidentLedger(parts.Ledger).TargetNamedAsync(name, post.Cancel) ?? throw new HealingException($"{name} was never reached, so there is nothing to hold", "pause everything instead");
}
