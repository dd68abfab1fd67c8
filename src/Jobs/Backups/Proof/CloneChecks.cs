using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Runs every check on one database of a restored server, also those that nobody would run on a live one.</summary>
internal sealed class CloneChecks(Clone clone, IReadOnlyList<ICheck> checks, TimeSpan longest, TimeProvider clock)
{
    private static readonly string[] Extensions = ["amcheck", "pg_visibility"];
    private readonly CloneCrashes _crashes = new(clone, clock);

    public List<ProofCheck> Ran { get; } = [];

    public List<ProofFinding> Found { get; } = [];

    public List<NotCompared> Missed { get; } = [];

    /// <summary>The restored server went down over them.</summary>
    public List<string> Crashed { get; } = [];

    /// <summary>They came to no result, and may have been the ones to find something.</summary>
    public List<string> Undecided { get; } = [];

    public async Task RunAsync(string database, ProofTarget? live, Action<string> say, CancellationToken cancel)
    {
        await PrepareAsync(database, cancel).ConfigureAwait(false);
        var options = new TargetOptions
        {
            Name = live?.Name ?? database,
            Connection = clone.ConnectionString(database),
            DataDirectory = clone.Data,
            Rules = live?.Options?.Rules ?? new(),
            CriticalIndexes = live?.Options?.CriticalIndexes ?? [],
        };
        await using var target = new Target(options, clock);
        var reports = new List<CheckReport>();
        foreach (var check in checks)
        {
            say($"{database}: check {check.Description.Name}");
            var crashes = _crashes.Count;
            var report = await OneAsync(target, check, KnownDamage.Of(reports), cancel).ConfigureAwait(false);
            reports.Add(report);
            Ran.Add(new(database, report.Check, report.Status.ToString().ToLowerInvariant(), report.Reason, Math.Round(report.Elapsed.TotalSeconds, 3), report.Findings.Count));
            Found.AddRange(report.Findings.DistinctBy(f => f.Fingerprint, StringComparer.Ordinal).Select(f => new ProofFinding(database, f.Kind.Name, f.Severity.ToString().ToLowerInvariant(), f.Object.Quoted, f.Detail,
                live?.Open.FirstOrDefault(i => i.Kind == f.Kind && i.Object.Quoted == f.Object.Quoted)?.Id) { Of = f }));
            if (report.Status == CheckStatus.Unavailable)
            {
                Missed.Add(new($"{database}: check {report.Check}", Why(report)));
            }
            else if (report.Status == CheckStatus.Failed)
            {
                await FailedAsync(database, report, crashes, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>What came along with the backup and makes it one to be wary of: damage, and rows that break what the database says of them, unless that is known of the live one.</summary>
    public static bool IsProblem(ProofFinding found) =>
        found.Of is { } f && (f.Severity == Severity.Critical || (f.Severity == Severity.Warning && f.Kind.IsOfData && found.Known is null));

    private async Task FailedAsync(string database, CheckReport report, int crashes, CancellationToken cancel)
    {
        var lost = report.Reason?.StartsWith(CheckRun.SessionLost, StringComparison.Ordinal) == true || _crashes.Count > crashes;
        if (lost && await _crashes.SinceAsync(crashes, cancel).ConfigureAwait(false) is { } said)
        {
            Crashed.Add($"{database}: the restored server crashed under check {report.Check}: {said}");
            return;
        }
        Undecided.Add($"{database}: check {report.Check} came to no result: {Why(report)}");
    }

    private static string Why(CheckReport report) => report.Reason ?? "it gave no reason";

    private async Task<CheckReport> OneAsync(Target target, ICheck check, KnownDamage known, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(longest);
        try
        {
            return await check.RunAsync(new(target, CheckScope.All) { Ground = Ground.Clone, Known = known }, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return CheckRun.Without(check.Description.Name, CheckStatus.Failed, clock.GetElapsedTime(began), $"it was not done within {longest.TotalMinutes:0} min");
        }
    }

    /// <summary>The extensions that checks need, in a schema of their own: it is a copy.</summary>
    private async Task PrepareAsync(string database, CancellationToken cancel)
    {
        await using var session = await clone.OpenAsync(database, cancel).ConfigureAwait(false);
        foreach (var statement in Extensions.Select(e => $"CREATE EXTENSION IF NOT EXISTS {e} SCHEMA healing_proof").Prepend("CREATE SCHEMA IF NOT EXISTS healing_proof"))
        {
            try
            {
                await session.DoAsync(statement, null, cancel).ConfigureAwait(false);
            }
            catch (PostgresException e) when (session.FullState == System.Data.ConnectionState.Open)
            {
                Missed.Add(new($"{database}: {statement}", e.MessageText));
            }
        }
    }
}
