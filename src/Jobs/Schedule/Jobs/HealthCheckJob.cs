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
            return await UnreachableAsync(target, away, clock.GetElapsedTime(began), context, cancel).ConfigureAwait(false);
        }
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
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

    private async Task<JobOutcome> UnreachableAsync(Target target, string why, TimeSpan elapsed, JobContext context, CancellationToken cancel)
    {
        context.Log("cannot be reached: " + why);
        var known = await db.FirstAsync<KnownTarget>(Sql.Of<HealthCheckJob>("target_known"), new { target.Name }, cancel).ConfigureAwait(false)
            ?? throw new Errors.HealingException($"target {target.Name} cannot be reached, and never was: {why}", "check its connection in healing.yaml; `healing check --target NAME` tries it by hand");
        var finding = Finding.Of(ReachabilityCheck, FindingKind.TargetUnreachable, new TargetId(known.SystemIdentifier, known.DatabaseOid), new RelationName(0, known.DatabaseName), why);
        await runner.TakeInAsync(target, known.Id, new CheckReport(ReachabilityCheck, CheckStatus.Damaged, elapsed, null, [finding], [0]), null, context.Log, cancel).ConfigureAwait(false);
        return JobOutcome.With("cannot be reached: " + why);
    }

    private sealed record KnownTarget
    {
        public required long Id { get; init; }
        public required string SystemIdentifier { get; init; }
        public required long DatabaseOid { get; init; }
        public required string DatabaseName { get; init; }
    }
}
