using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Whether the configured standbys are standbys of this target, receive, replay, and are near enough to take over.</summary>
public sealed class StandbysCheck(TimeSpan pause) : ICheck
{
    /// <summary>A standby that was just restarted, or a burst of WAL, is given time.</summary>
    public StandbysCheck() : this(TimeSpan.FromSeconds(3))
    {
    }

    public CheckDescription Description { get; } = new(
        "standbys", "Looks whether each configured standby belongs to the target, receives and replays, and how far behind it is; and whether those answer whom commits wait for.", "db.health_check",
        "A few queries of statistics views on the target and on each standby.", "None.",
        "Standbys in the configuration (targets[].standbys), but for the look at synchronous_standby_names; pg_monitor (role healing_detect) to see slots and receivers.",
        "Whether the rows of a standby are right: that is standby_rows.",
        [FindingKind.StandbyLagging, FindingKind.StandbyStopped, FindingKind.StandbyWrong, FindingKind.SyncStandbyMissing]);

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var target = request.Target;
        var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
        var (findings, names) = (new List<Finding>(), new List<string>());
        var observed = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var standby in target.Options.Standbys)
        {
            var look = await StandbyReader.LookAsync(target, standby, cancel).ConfigureAwait(false);
            var verdict = StandbyVerdict.Of(look, facts, target.Options.Failover.LagUpTo);
            if (verdict is not null)
            {
                await Task.Delay(pause, target.Clock, cancel).ConfigureAwait(false);
                look = await StandbyReader.LookAsync(target, standby, cancel).ConfigureAwait(false);
                verdict = StandbyVerdict.Of(look, facts, target.Options.Failover.LagUpTo);
            }
            var name = StandbyFinding.ObjectOf(standby.Name);
            names.Add(name);
            if (verdict is { } wrong)
            {
                findings.Add(StandbyFinding.Of(Description.Name, wrong.Kind, facts.Id, standby.Name, name, wrong.Said));
            }
            if (look.LagBytes is { } lag)
            {
                observed[$"lag_bytes_{standby.Name}"] = lag;
            }
        }
        if (!facts.IsStandby)
        {
            names.Add(SyncStandbys.Object);
            var waiting = await SyncAsync(target, cancel).ConfigureAwait(false);
            if (waiting.HoldsUpCommits)
            {
                await Task.Delay(pause, target.Clock, cancel).ConfigureAwait(false);
                waiting = await SyncAsync(target, cancel).ConfigureAwait(false);
            }
            if (waiting.HoldsUpCommits)
            {
                findings.Add(Finding.Of(Description.Name, FindingKind.SyncStandbyMissing, facts.Id, new RelationName(0, SyncStandbys.Object), waiting.Said));
            }
        }
        // the database stands for "this was a look": the findings name no object of the catalogue
        return new(Description.Name, CheckReport.StatusOf(findings), elapsed(), null, findings, names.Count == 0 ? [] : [facts.Id.DatabaseOid]) { ExaminedNames = names, Observations = observed };
    }, cancel);

    private static async Task<SyncStandbys> SyncAsync(Target target, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        return await SyncStandbys.AskAsync(connection, cancel).ConfigureAwait(false);
    }
}
