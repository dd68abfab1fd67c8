using System.Diagnostics;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>Takes one check report into the ledger, within one transaction; reports of one target come one after the other.</summary>
internal sealed class ReportIntake(NpgsqlConnection connection, NpgsqlTransaction transaction, long target, CheckReport report, int attemptsAllowed, string actor, bool demonstration)
{
    private const int CleanLooksToResolve = 2;
    private const int IncidentsThatPointAtHardware = 3;
    private readonly List<Incident> _toRepair = [], _opened = [], _escalated = [], _gone = [];

    /// <summary>When the look ended: a report may have waited on disk for long.</summary>
    private DateTimeOffset? SeenAt => report.LookedFrom + report.Elapsed;

    public async Task<TakenIn> RunAsync(string? scope, CancellationToken cancel)
    {
        await DoAsync("intake_serialise", new { Target = target }, cancel).ConfigureAwait(false);
        await DoAsync("check_run", new
        {
            Target = target,
            report.Check,
            Object = scope ?? "",
            Status = report.Status.ToString().ToLowerInvariant(),
            Reason = Text.Bounded(report.Reason, 2000),
            Seconds = report.Elapsed.TotalSeconds,
            SeenAt,
        }, cancel).ConfigureAwait(false);
        // what is only worth knowing is told by the check and is nobody's incident
        foreach (var finding in report.Findings.Where(f => f.Severity >= Severity.Warning || f.Repair is not null).DistinctBy(f => f.Fingerprint, StringComparer.Ordinal).OrderBy(f => f.Fingerprint, StringComparer.Ordinal))
            await FoundAsync(finding, cancel).ConfigureAwait(false);
        if (report.Status != CheckStatus.Unavailable && report.Examined.Count > 0)
            await LookedCleanAsync(k => k.IsEvent || k.MayBeLost, cancel).ConfigureAwait(false);
        return new TakenIn(_toRepair) { Opened = _opened, Escalated = _escalated, Gone = _gone };
    }

    /// <summary>No run of the check, only what is known without one: these objects are no longer there.</summary>
    public async Task<IReadOnlyList<Incident>> GoneAsync(CancellationToken cancel)
    {
        await DoAsync("intake_serialise", new { Target = target }, cancel).ConfigureAwait(false);
        await LookedCleanAsync(k => k.IsEvent, cancel).ConfigureAwait(false);
        return _gone;
    }

    private async Task FoundAsync(Finding finding, CancellationToken cancel)
    {
        await connection.FirstAsync<long?>(Sql.Of<IncidentLedger>("incident_wait"), new { finding.Fingerprint }, cancel, transaction).ConfigureAwait(false);
        var row = await connection.FirstAsync<FoundRow>(Sql.Of<IncidentLedger>("incident_found"), new
        {
            Target = target,
            finding.Fingerprint,
            Kind = finding.Kind.Name,
            Severity = finding.Severity.ToString().ToLowerInvariant(),
            finding.Check,
            ObjectOid = finding.Object.Oid,
            Object = finding.Object.Quoted,
            Detail = Text.Bounded(finding.Detail, 8000),
            Evidence = finding.Evidence.ToJsonString(),
            report.FromStandby,
            finding.Repair,
            Risk = finding.Risk?.Name(),
            AttemptsAllowed = attemptsAllowed,
            TraceParent = Activity.Current?.Id,
            report.LookedFrom,
            SeenAt,
        }, cancel, transaction).ConfigureAwait(false);
        if (row is null)
            return;
        var incident = await IncidentTransition.ReadAsync(connection, transaction, row.Id, cancel).ConfigureAwait(false);
        if (row.Opened)
        {
            await IncidentTransition.AuditOpenedAsync(connection, transaction, incident, actor, cancel).ConfigureAwait(false);
            incident = await LeaveUndoneAsync(incident, cancel).ConfigureAwait(false) ?? await SuspectHardwareAsync(incident, cancel).ConfigureAwait(false);
            _opened.Add(incident);
        }
        else if (row.SuppressionEnded)
        {
            incident = await MoveAsync(incident, IncidentState.Detected, "found again after the date until which it was suppressed", null, cancel).ConfigureAwait(false);
        }
        if (incident.State == IncidentState.Detected && row.Due && (incident.Repair is not null || incident.Kind.IsEvent || incident.Kind.CallsSomebody))
            _toRepair.Add(incident);
    }

    /// <summary>A person wanted it as it is: what was undone is not done again by tomorrow's run. Null where nothing was.</summary>
    private async Task<Incident?> LeaveUndoneAsync(Incident incident, CancellationToken cancel)
    {
        var undone = await connection.FirstAsync<long?>(Sql.Of<IncidentLedger>("undone_before"), new { incident.Fingerprint, incident.Id }, cancel, transaction).ConfigureAwait(false);
        var why = $"the repair of incident {undone} was undone: it is left alone until it is reopened";
        return undone is null ? null : await MoveAsync(incident, IncidentState.Suppressed, why, why, cancel).ConfigureAwait(false);
    }

    /// <summary>An outage is excepted: no disk is suspected because a server was restarted three times in a month.</summary>
    private async Task<Incident> SuspectHardwareAsync(Incident incident, CancellationToken cancel)
    {
        if (demonstration || incident.Kind.IsOfData || (incident.Repair is null && !incident.Kind.IsEvent))
            return incident;
        var count = await connection.FirstAsync<int>(Sql.Of<IncidentLedger>("incident_recurrence"), new { incident.Fingerprint }, cancel, transaction).ConfigureAwait(false);
        if (count < IncidentsThatPointAtHardware)
            return incident;
        var why = $"the same damage to the same object for the {count}{(count == 3 ? "rd" : "th")} time within 30 days: suspect the hardware (disk, controller, memory) or whatever writes to its files";
        var escalated = await MoveAsync(incident, IncidentState.Escalated, why, why, cancel).ConfigureAwait(false);
        _escalated.Add(escalated);
        return escalated;
    }

    /// <param name="stays">What does not go away by not being found.</param>
    private async Task LookedCleanAsync(Func<FindingKind, bool> stays, CancellationToken cancel)
    {
        var clean = await connection.ListAsync<CleanRow>(Sql.Of<IncidentLedger>("incident_clean"), new
        {
            Target = target,
            report.Check,
            Examined = report.Examined.Distinct().ToArray(),
            Names = report.ExaminedNames.Distinct(StringComparer.Ordinal).ToArray(),
            Found = report.Findings.Select(f => f.Fingerprint).Distinct(StringComparer.Ordinal).ToArray(),
            Staying = FindingKind.All.Where(stays).Select(k => k.Name).ToArray(),
            LookedFrom = report.ExaminedAsOf ?? report.LookedFrom,
            report.FromStandby,
        }, cancel, transaction).ConfigureAwait(false);
        foreach (var row in clean.Where(r => r.CleanChecks >= CleanLooksToResolve))
        {
            var incident = await IncidentTransition.ReadAsync(connection, transaction, row.Id, cancel).ConfigureAwait(false);
            var why = $"gone by itself: {CleanLooksToResolve} looks in a row found nothing";
            _gone.Add(await MoveAsync(incident, IncidentState.Resolved, why, why, cancel).ConfigureAwait(false));
        }
    }

    private Task<Incident> MoveAsync(Incident incident, IncidentState to, string message, string? reason, CancellationToken cancel) =>
        IncidentTransition.ApplyAsync(connection, transaction, incident.Id, incident.State, to, new Move(actor, message) { Reason = reason }, cancel);

    private Task DoAsync(string query, object args, CancellationToken cancel) =>
        connection.DoAsync(Sql.Of<IncidentLedger>(query), args, cancel, transaction);

    private sealed record FoundRow
    {
        public long Id { get; init; }
        public bool Opened { get; init; }
        public bool SuppressionEnded { get; init; }
        public bool Due { get; init; }
    }

    private sealed record CleanRow
    {
        public long Id { get; init; }
        public int CleanChecks { get; init; }
    }
}
