using System.Collections.Concurrent;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Runs checks on a target, takes their reports into the ledger and asks for the repairs that follow.</summary>
public sealed class CheckRunner(HealingOptions options, IncidentLedger incidents, CheckMemory memory, RepairRequests repairs, ReportKeeper keeper, string worker, FaultInjector faults, ILogger<CheckRunner> logger)
{
    private readonly ConcurrentDictionary<(string Target, string Check), string> _told = new();

    /// <summary>Those of one check that saw damage are told in the note of the run.</summary>
    public async Task<CheckReport> RunAsync(Target target, long id, ICheck check, CheckScope scope, string? scopeName, Action<string> log, CancellationToken cancel)
    {
        using var activity = Signals.Traces.StartActivity($"check {check.Description.Name}");
        var (from, known) = await incidents.BeforeLookAsync(id, cancel).ConfigureAwait(false);
        var report = await LookAsync(target, check, scope, known, cancel).ConfigureAwait(false) with { LookedFrom = from };
        await TakeInAsync(target, id, report, scopeName, log, cancel).ConfigureAwait(false);
        return report;
    }

    public async Task TakeInAsync(Target target, long id, CheckReport report, string? scopeName, Action<string> log, CancellationToken cancel)
    {
        faults.Hit(FaultPoint.BeforeFound);
        var taken = await keeper.TakeInAsync(target, id, report, scopeName, log, cancel).ConfigureAwait(false);
        faults.Hit(FaultPoint.AfterFound);
        log($"{report.Check}: {report.Status.ToString().ToLowerInvariant()}{(report.Reason is null ? "" : ", " + report.Reason)}, {report.Findings.Count} findings in {report.Elapsed.TotalSeconds:0.000} s");
        Observations.Keep(target.Name, report);
        foreach (var finding in report.Findings)
        {
            logger.Log(finding.Severity >= Severity.Warning ? LogLevel.Warning : LogLevel.Information, "{Target}: {Kind} {Object}: {Detail}", target.Name, finding.Kind.Name, finding.Object.Quoted, Redactor.Text(finding.Detail));
        }
        TellHindrance(target, report);
        if (report.Observations.Count > 0)
        {
            logger.LogInformation("{Target}: {Check} observed {Observations}", target.Name, report.Check,
                string.Join(", ", report.Observations.Select(o => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{o.Key}={o.Value:0.###}"))));
        }
        foreach (var incident in taken)
        {
            await repairs.AskAsync(incident, worker, TimeSpan.Zero, cancel).ConfigureAwait(false);
            faults.Hit(FaultPoint.RepairAsked);
        }
    }

    /// <summary>A check that makes writers wait ends with the window that let it begin.</summary>
    private async Task<CheckReport> LookAsync(Target target, ICheck check, CheckScope scope, KnownDamage known, CancellationToken cancel)
    {
        var (clock, began) = (target.Clock, target.Clock.GetTimestamp());
        var until = MaintenanceWindow.Parse(target.Options.MaintenanceWindow)?.EndOf(clock.GetUtcNow());
        using var window = check.Description.Ground == Ground.Window && until is { } end ? new CancellationTokenSource(end - clock.GetUtcNow(), clock) : new CancellationTokenSource();
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancel, window.Token);
        try
        {
            return await check.RunAsync(new CheckRequest(target, scope)
            {
                Memory = memory, Recurring = true, Known = known, Ground = until is null ? Ground.Live : Ground.Window, Throttle = new(options.AutoHealing.Impact, clock, until is null ? null : Throttle.Brief),
            }, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (window.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            return CheckRun.Without(check.Description.Name, CheckStatus.Failed, clock.GetElapsedTime(began), "the maintenance window ended before it was done");
        }
    }

    /// <summary>The same hindrance on each of a thousand tables is one line.</summary>
    private void TellHindrance(Target target, CheckReport report)
    {
        var about = (target.Name, report.Check);
        if (report.Status is not (CheckStatus.Unavailable or CheckStatus.Failed))
        {
            _told.TryRemove(about, out _);
            return;
        }
        var reason = report.Reason ?? "";
        var before = _told.GetValueOrDefault(about);
        _told[about] = reason;
        if (before != reason)
        {
            logger.LogWarning("{Target}: check {Check} {Status}: {Reason}", target.Name, report.Check, report.Status.ToString().ToLowerInvariant(), Redactor.Text(reason));
        }
    }
}
