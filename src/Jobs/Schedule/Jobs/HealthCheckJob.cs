using System.Diagnostics;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>db.health_check: does the target answer, what do its quick checks say, are its most important indexes sound.</summary>
public sealed class HealthCheckJob(TargetSet targets, IReadOnlyList<ICheck> checks, CheckRunner runner, Reachability reachability, CriticalIndexes critical, IncidentLedger incidents, LedgerDb db, Histograms histograms, BackupLateness backups, TimeProvider clock) : IJob
{
    public const string ReachabilityCheck = "reachability";

    public string Name => JobNames.HealthCheck;

    public async Task<JobOutcome> RunAsync(JobContext context, CancellationToken cancel)
    {
        var target = targets.Named(context.Target ?? "");
        var began = clock.GetTimestamp();
        using var activity = Activity.Current is null ? Signals.Traces.StartActivity("health check") : null;
        try
        {
            return await LookAsync(target, context, cancel).ConfigureAwait(false);
        }
        finally
        {
            await histograms.AddAsync(MetricCatalogue.HealthCheckDuration.Name, new JsonObject { ["target"] = target.Name }, clock.GetElapsedTime(began), CancellationToken.None).ConfigureAwait(false);
        }
    }

    private async Task<JobOutcome> LookAsync(Target target, JobContext context, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        var away = await reachability.AskAsync(target, cancel).ConfigureAwait(false);
        if (away is not null)
        {
            target.Forget();
            return away.LockedOut && await LockedOutAsync(target, context, cancel).ConfigureAwait(false) is { } told ? told
                : await UnreachableAsync(target, away.Why, clock.GetElapsedTime(began), context, cancel).ConfigureAwait(false);
        }
        TargetFacts facts;
        try
        {
            facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        }
        catch (LockedOutException e)
        {
            return await LockedOutAsync(target, context, cancel).ConfigureAwait(false) ?? await UnreachableAsync(target, e.Message, clock.GetElapsedTime(began), context, cancel).ConfigureAwait(false);
        }
        var id = await incidents.RegisterTargetAsync(target.Name, facts, cancel).ConfigureAwait(false);
        await runner.TakeInAsync(target, id, new CheckReport(ReachabilityCheck, CheckStatus.Clean, clock.GetElapsedTime(began), null, [], [0]), null, context.Log, cancel).ConfigureAwait(false);
        var found = 0;
        string? unknown = null;
        foreach (var check in checks.Where(c => c.Description.Schedule == JobNames.HealthCheck))
        {
            found += (await runner.RunAsync(target, id, check, CheckScope.All, null, context.Log, cancel).ConfigureAwait(false)).Findings.Count;
        }
        if (checks.FirstOrDefault(c => c.Description.Name == BtreeCheck.CheckName) is { } btree && await critical.ChooseAsync(target, facts.Id, said => { context.Log(said); unknown = said; }, cancel).ConfigureAwait(false) is { Count: > 0 } indexes)
        {
            found += (await runner.RunAsync(target, id, btree, CheckScope.OfIndexes(indexes), "critical indexes", context.Log, cancel).ConfigureAwait(false)).Findings.Count;
        }
        found += await backups.LookAsync(target, id, context.Log, cancel).ConfigureAwait(false) ? 1 : 0;
        await KeepLookAsync(target, id, context, cancel).ConfigureAwait(false);
        return JobOutcome.With((found == 0 ? "nothing found" : $"{found} findings") + (unknown is null ? "" : "; " + unknown));
    }

    /// <summary>For whoever looks at the target's page; that it cannot be had is no finding.</summary>
    private async Task KeepLookAsync(Target target, long id, JobContext context, CancellationToken cancel)
    {
        try
        {
            await new TargetLooks(db).SaveAsync(id, await TargetLook.TakeAsync(target, cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is Errors.HealingException or Npgsql.PostgresException && !cancel.IsCancellationRequested)
        {
            context.Log("its size, standbys and rights could not be read: " + Options.Redactor.Text(e.Message));
        }
    }

    /// <summary>It answers, and its catalogue keeps everybody out: an incident of its own. Null where nobody can tell which database it is, or where it lets in again.</summary>
    private async Task<JobOutcome?> LockedOutAsync(Target target, JobContext context, CancellationToken cancel)
    {
        if (checks.FirstOrDefault(c => c.Description.Name == CatalogueAccessCheck.CheckName) is not { } access)
        {
            return null;
        }
        var known = await incidents.KnownAsync(target.Name, cancel).ConfigureAwait(false);
        var report = await access.RunAsync(new(target, CheckScope.All) { KnownAs = known?.Identity }, cancel).ConfigureAwait(false);
        if (report.Findings is not [var finding])
        {
            return null;
        }
        // it may never have been reached before
        var facts = await target.FactsBesideAsync(cancel).ConfigureAwait(false);
        if (facts is null && known is null)
        {
            return null;
        }
        var id = facts is null ? known!.Id : await incidents.RegisterTargetAsync(target.Name, facts, cancel).ConfigureAwait(false);
        await runner.TakeInAsync(target, id, report, null, context.Log, cancel).ConfigureAwait(false);
        return JobOutcome.With("nobody gets in: " + finding.Detail);
    }

    private async Task<JobOutcome> UnreachableAsync(Target target, string why, TimeSpan elapsed, JobContext context, CancellationToken cancel)
    {
        context.Log("cannot be reached: " + why);
        var known = await incidents.KnownAsync(target.Name, cancel).ConfigureAwait(false)
            ?? throw new Errors.HealingException($"target {target.Name} cannot be reached, and never was: {why}", "check its connection in healing.yaml; `healing check --target NAME` tries it by hand");
        var finding = Finding.Of(ReachabilityCheck, FindingKind.TargetUnreachable, known.Identity, new RelationName(0, known.DatabaseName), why);
        await runner.TakeInAsync(target, known.Id, new CheckReport(ReachabilityCheck, CheckStatus.Damaged, elapsed, null, [finding], [0]), null, context.Log, cancel).ConfigureAwait(false);
        return JobOutcome.With("cannot be reached: " + why);
    }
}
