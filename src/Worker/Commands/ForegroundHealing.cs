using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Worker.Hosting;

namespace HealingWorkers.Worker.Commands;

/// <summary>Check, take in, heal, tell: once, for one target.</summary>
internal sealed class ForegroundHealing(CommandShell shell, HealingHost host, bool approveAll, bool json)
{
    private static readonly string[] OfSurgery = ["pg_surgery"];
    private const int LeftOpen = 2;
    private const int MostDeferrals = 5;
    private readonly Target _target = host.Get<IReadOnlyList<Target>>()[0];

    public async Task<int> HealAsync(CancellationToken cancel)
    {
        CheckReport? shut = null;
        var letIn = new HashSet<long>();
        if (await LockedOut.AskAsync(_target, cancel).ConfigureAwait(false) is { } keptOut)
        {
            (shut, var incident) = await LetInAsync(keptOut, cancel).ConfigureAwait(false);
            if (incident.State != IncidentState.Resolved)
            {
                Write(new(_target.Name, [HealReport.Line(shut)], [.. shut.Findings.Select(HealReport.Line)], [await LineAsync(host.Get<IncidentLedger>(), incident, cancel).ConfigureAwait(false)]));
                return LeftOpen;
            }
            letIn.Add(incident.Id);
        }
        var stumbled = await CheckExtensions.CreateAsync(_target, CheckExtensions.All, cancel).ConfigureAwait(false);
        var facts = await _target.FactsAsync(cancel).ConfigureAwait(false);
        await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
        var ledger = host.Get<IncidentLedger>();
        var id = await ledger.RegisterTargetAsync(_target.Name, facts, cancel).ConfigureAwait(false);
        var known = (await OpenAsync(ledger, id, cancel).ConfigureAwait(false)).Select(i => i.Id).ToHashSet();
        async Task<KnownDamage> FencesAsync() => (await ledger.BeforeLookAsync(id, cancel, fencesOnly: true).ConfigureAwait(false)).Known;
        known.UnionWith(letIn);
        IReadOnlyList<CheckReport> reports = [.. shut is null ? [] : new[] { shut }, .. stumbled, .. await CheckAsync(host.Get<CheckMemory>(), FencesAsync, cancel).ConfigureAwait(false)];
        Task TakeInAsync(CheckReport report) =>
            ledger.TakeInAsync(id, report, null, host.Options.AutoHealing.MaxAutoRepairAttempts, shell.Actor, cancel, _target.Options.Demonstration);
        foreach (var report in reports.Where(r => r != shut))
        {
            await TakeInAsync(report).ConfigureAwait(false);
        }
        await new Absences(ledger).LookAsync(_target, id, CheckCatalogue.All, shell.Actor, cancel).ConfigureAwait(false);
        var found = await OpenAsync(ledger, id, cancel).ConfigureAwait(false);
        var concerned = found.Select(i => i.Id).Union(known).Order().ToList();
        var healer = Healer();
        using var progress = shell.Progress();
        var repairable = found.Where(i => i.Repair is not null).Select(i => i.Id).ToHashSet();
        foreach (var incident in concerned.Where(repairable.Contains))
        {
            progress.Show($"healing incident {incident}");
            if (IsSurgeryDue(found.First(i => i.Id == incident)))
            {
                await CheckExtensions.CreateAsync(_target, OfSurgery, cancel).ConfigureAwait(false);
            }
            await HealAsync(healer, incident, cancel).ConfigureAwait(false);
        }
        // it may be in nobody's way any more
        var enabled = await HasNewAsync(facts, cancel).ConfigureAwait(false);
        var fewer = (await OpenAsync(ledger, id, cancel).ConfigureAwait(false)).Count < found.Count;
        foreach (var before in reports.Where(r => (fewer && (r.LeftAlone || r.Status == CheckStatus.Failed)) || (enabled && r.Status == CheckStatus.Unavailable)).ToList())
        {
            var report = await RunAsync(CheckCatalogue.All.First(c => c.Description.Name == before.Check), host.Get<CheckMemory>(), (await ledger.BeforeLookAsync(id, cancel).ConfigureAwait(false)).Known, progress, cancel).ConfigureAwait(false);
            await TakeInAsync(report).ConfigureAwait(false);
            reports = [.. reports.Select(r => r == before ? Both(before, report) : r)];
            foreach (var incident in (await OpenAsync(ledger, id, cancel).ConfigureAwait(false)).Where(i => !concerned.Contains(i.Id)).OrderBy(i => i.Id))
            {
                concerned.Add(incident.Id);
                if (incident.Repair is not null)
                {
                    repairable.Add(incident.Id);
                    await HealAsync(healer, incident.Id, cancel).ConfigureAwait(false);
                }
            }
        }
        var knownRows = KnownDamage.Of(reports.Where(r => r.Check == HeapCheck.CheckName)).With(await FencesAsync().ConfigureAwait(false));
        await new LookAfterRepairs(ledger, check => RunAsync(check, host.Get<CheckMemory>(), knownRows, progress, cancel), TakeInAsync).RunAsync(concerned, cancel).ConfigureAwait(false);
        foreach (var incident in concerned.Where(i => !repairable.Contains(i)))
        {
            await HealAsync(healer, incident, cancel).ConfigureAwait(false);
        }
        progress.Dispose();
        var lines = new List<HealReport.IncidentLine>();
        var open = false;
        foreach (var incident in concerned)
        {
            var now = (await ledger.FindAsync(incident, cancel).ConfigureAwait(false))!;
            open |= now.State.IsOpen() && now.Severity >= Severity.Warning;
            lines.Add(await LineAsync(ledger, now, cancel).ConfigureAwait(false));
        }
        Write(new(_target.Name, [.. reports.Select(HealReport.Line)], [.. reports.SelectMany(r => r.Findings).Select(HealReport.Line)], lines));
        return open ? LeftOpen : Failed(reports);
    }

    public async Task<int> PlanAsync(CancellationToken cancel)
    {
        var reports = await LockedOut.AskAsync(_target, cancel).ConfigureAwait(false) is { } keptOut
            ? [await LockedOut.LookAsync(_target, keptOut, null, cancel).ConfigureAwait(false)] : await CheckAsync(null, () => Task.FromResult(KnownDamage.None), cancel).ConfigureAwait(false);
        var findings = reports.SelectMany(r => r.Findings).ToList();
        var repairs = HealerFactory.Repairs(CheckCatalogue.All, new());
        var preview = new PlanPreview(new TargetSet([_target]), repairs) { Programs = HealerSettings.Of(host.Options).Programs };
        var plans = new List<object>();
        foreach (var finding in findings.Where(f => f.Repair is not null))
        {
            var plan = await preview.OfAsync(Unwritten(finding), cancel).ConfigureAwait(false);
            plans.Add(new { finding.Fingerprint, @object = finding.Object.Quoted, plan.Repair, risk = plan.Risk.Name(), plan.Asks, plan.Steps, plan.Rows, plan.Samples, plan.Notes, plan.Defer, plan.Refuse, plan.Nothing });
            if (!json)
            {
                shell.Out.WriteLine(SafeText.Of($"{finding.Kind.Name} on {finding.Object}: {finding.Detail}"));
                PlanText.Write(shell.Out, plan);
            }
        }
        var report = new HealReport(_target.Name, [.. reports.Select(HealReport.Line)], [.. findings.Select(HealReport.Line)], []) { Plans = plans };
        if (json)
        {
            shell.WriteJson(report);
        }
        return findings.Any(f => f.Severity >= Severity.Warning) ? LeftOpen : Failed(reports);
    }

    /// <summary>Nobody gets in: that is the one thing to be found, and it is repaired where somebody approved it.</summary>
    private async Task<(CheckReport Report, Incident Incident)> LetInAsync(LockedOutException keptOut, CancellationToken cancel)
    {
        await host.OpenLedgerAsync(cancel).ConfigureAwait(false);
        var ledger = host.Get<IncidentLedger>();
        var known = await ledger.KnownAsync(_target.Name, cancel).ConfigureAwait(false);
        var report = await LockedOut.LookAsync(_target, keptOut, known?.Identity, cancel).ConfigureAwait(false);
        var id = await _target.FactsBesideAsync(cancel).ConfigureAwait(false) is { } facts ? await ledger.RegisterTargetAsync(_target.Name, facts, cancel).ConfigureAwait(false)
            : known?.Id ?? throw keptOut;
        await ledger.TakeInAsync(id, report, null, host.Options.AutoHealing.MaxAutoRepairAttempts, shell.Actor, cancel, _target.Options.Demonstration).ConfigureAwait(false);
        var incident = (await OpenAsync(ledger, id, cancel).ConfigureAwait(false)).First(i => i.Fingerprint == report.Findings[0].Fingerprint);
        await HealAsync(Healer(), incident.Id, cancel).ConfigureAwait(false);
        return (report, (await ledger.FindAsync(incident.Id, cancel).ConfigureAwait(false))!);
    }

    /// <summary>Single row versions are to be worked on, and the way to it is open.</summary>
    private bool IsSurgeryDue(Incident incident) =>
        host.Get<HealerFactory>().Repairs().FirstOrDefault(r => string.Equals(r.Name, incident.Repair, StringComparison.Ordinal)) is ISurgery
        && PolicyGate.Decide(incident, plan: null, Settings(), _target.Options, shell.Clock.GetUtcNow()).Decision == GateDecision.Go;

    /// <summary>An extension of checks could be created only once an index of the catalogue was repaired.</summary>
    private async Task<bool> HasNewAsync(TargetFacts before, CancellationToken cancel)
    {
        var lacking = CheckExtensions.All.Where(e => before.SchemaOf(e) is null).ToList();
        if (lacking.Count == 0)
        {
            return false;
        }
        var now = await _target.FactsAsync(cancel).ConfigureAwait(false);
        return lacking.Exists(e => now.SchemaOf(e) is not null);
    }

    private async Task<IReadOnlyList<CheckReport>> CheckAsync(ICheckMemory? memory, Func<Task<KnownDamage>> fences, CancellationToken cancel)
    {
        using var progress = shell.Progress();
        var reports = new List<CheckReport>();
        foreach (var check in CheckCatalogue.All)
        {
            reports.Add(await RunAsync(check, memory, KnownDamage.Of(reports).With(await fences().ConfigureAwait(false)), progress, cancel).ConfigureAwait(false));
        }
        return reports;
    }

    /// <summary>What was left alone the first time, for damage that may be repaired by now, was looked at after all.</summary>
    private static CheckReport Both(CheckReport before, CheckReport now) => now with
    {
        Status = before.Status == CheckStatus.Damaged ? CheckStatus.Damaged : now.Status,
        Elapsed = before.Elapsed + now.Elapsed,
        Findings = [.. before.Findings.Concat(now.Findings).DistinctBy(f => f.Fingerprint, StringComparer.Ordinal)],
    };

    private Task<CheckReport> RunAsync(ICheck check, ICheckMemory? memory, KnownDamage known, ProgressLine progress, CancellationToken cancel)
    {
        progress.Show($"check {check.Description.Name}");
        return check.RunAsync(new(_target, CheckScope.All)
        {
            Memory = memory,
            Known = known,
            Ground = approveAll ? Ground.Window : Ground.Live,
            Progress = new Progress<CheckProgress>(p => progress.Show($"check {p.Check}: {p.Done} of {p.Total}, {p.Current}")),
        }, cancel);
    }

    private IncidentHealer Healer() => host.Get<HealerFactory>().Create(Settings());

    private HealerSettings Settings() => host.Get<HealerFactory>().Settings with { NeverWait = true, ApproveAll = approveAll, Extensions = CheckExtensions.All, FirstPause = TimeSpan.FromMilliseconds(300) };

    /// <summary>As often as attempts are left; what is busy for long is left open.</summary>
    private async Task HealAsync(IncidentHealer healer, long incident, CancellationToken cancel)
    {
        for (var deferrals = 0; ;)
        {
            var outcome = await healer.HealAsync(incident, host.WorkerId, cancel).ConfigureAwait(false);
            deferrals += outcome.Deferred ? 1 : 0;
            if (outcome.Retry is not { } pause || deferrals >= MostDeferrals)
            {
                return;
            }
            await Task.Delay(pause, shell.Clock, cancel).ConfigureAwait(false);
        }
    }

    private async Task<HealReport.IncidentLine> LineAsync(IncidentLedger ledger, Incident incident, CancellationToken cancel)
    {
        var attempts = await ledger.AttemptsAsync(incident.Id, cancel).ConfigureAwait(false);
        var last = attempts is [.., var final] ? final : null;
        var receipt = (await host.Get<ReceiptLedger>().OfIncidentAsync(incident.Id, cancel).ConfigureAwait(false)) is [.., var end] ? end : null;
        return new(incident.Id, incident.Kind.Name, incident.Object.Quoted, incident.State.ToString(), incident.Attempts, incident.Repair, attempts.Sum(a => a.RowsQuarantined),
            incident.State == IncidentState.Resolved && last is { Outcome: "succeeded", Verification: not null }, receipt?.Hash, incident.Reason);
    }

    private async Task<IReadOnlyList<Incident>> OpenAsync(IncidentLedger ledger, long target, CancellationToken cancel) =>
        [.. (await ledger.ListAsync(new() { Target = _target.Name, OpenOnly = true, Limit = 1000 }, cancel).ConfigureAwait(false)).Where(i => i.TargetId == target)];

    private void Write(HealReport report)
    {
        if (json)
        {
            shell.WriteJson(report);
            return;
        }
        foreach (var check in report.Checks)
        {
            shell.Out.WriteLine(SafeText.Of($"check {check.Name,-14} {check.Status}{(check.Reason is null ? "" : $": {check.Reason}")}"));
        }
        foreach (var line in report.Incidents)
        {
            shell.Out.WriteLine(SafeText.Of($"incident {line.Id}: {line.Kind} on {line.Object} is {line.State}{(line.Reason is null ? "" : $": {line.Reason}")}"));
        }
        shell.Out.WriteLine(report.Incidents.Count == 0 ? "nothing to heal" : $"{report.Incidents.Count(i => i.State == "Resolved")} of {report.Incidents.Count} resolved");
    }

    private static int Failed(IEnumerable<CheckReport> reports) => reports.Any(r => r.Status == CheckStatus.Failed) ? CommandLine.Failed : 0;

    private Incident Unwritten(Finding finding) => new()
    {
        Id = 0, TargetId = 0, TargetName = _target.Name, Fingerprint = finding.Fingerprint, Kind = finding.Kind, Severity = finding.Severity, Check = finding.Check,
        Object = finding.Object, Detail = finding.Detail, Evidence = finding.Evidence.ToJsonString(), Repair = finding.Repair, Risk = finding.Risk,
        State = IncidentState.Detected, Attempts = 0, AttemptsAllowed = host.Options.AutoHealing.MaxAutoRepairAttempts, Deferrals = 0, DeferredSince = null, Reason = null,
        ApprovedBy = null, DueAt = null, OpenedAt = shell.Clock.GetUtcNow(), LastSeenAt = shell.Clock.GetUtcNow(), ClosedAt = null, TraceParent = null,
    };
}
