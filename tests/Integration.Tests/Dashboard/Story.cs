using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Integration.Tests.Dashboard;

/// <summary>Puts into a ledger, by its own means, what a fleet would have.</summary>
internal sealed class Story(LedgerDb db, string target = "movies", string system = "7000000000000000001")
{
    private readonly CancellationToken _cancel = CancellationToken.None;
    private readonly TargetId _id = new(system, 16384);

    public IncidentLedger Incidents { get; } = new(db);

    public async Task<Incident> DamageAsync(string index, FindingKind? kind = null)
    {
        var oid = (long)(uint)index.GetHashCode(StringComparison.Ordinal);
        var id = await Incidents.RegisterTargetAsync(target, new TargetFacts(_id, target, 150_000, false, true, "postgres", true, null, new Dictionary<string, string>()), _cancel);
        var finding = Finding.Of("btree", kind ?? FindingKind.BtreeCorrupt, _id, new RelationName(oid, $"public.{index}"), "does not agree with its table");
        var report = new CheckReport("btree", CheckStatus.Damaged, TimeSpan.FromSeconds(1), null, [finding], [oid]);
        return (await Incidents.TakeInAsync(id, report, null, 3, "test", _cancel)).Opened.Single();
    }

    public async Task HealAsync(Incident incident)
    {
        var lease = await new LeaseLedger(db).TakeAsync($"target:{incident.TargetId}", "test", incident.Id, TimeSpan.FromMinutes(1), _cancel);
        var fence = new Fence(lease!.Resource, lease.Token);
        await Incidents.BeginAttemptAsync(incident, fence, "test", _cancel);
        await MoveAsync(incident, IncidentState.Snapshotting, IncidentState.Repairing, new Move("test", "kept") { Fence = fence });
        await MoveAsync(incident, IncidentState.Repairing, IncidentState.Verifying, new Move("test", "rebuilt") { Fence = fence });
        await MoveAsync(incident, IncidentState.Verifying, IncidentState.Resolved, new Move("test", "proven") { Fence = fence, AttemptOutcome = "succeeded" });
        await new LeaseLedger(db).ReleaseAsync(lease, _cancel);
    }

    public Task EscalateAsync(Incident incident) => MoveAsync(incident, IncidentState.Detected, IncidentState.Escalated, new Move("test", "beyond us") { Reason = "beyond us" });

    public Task AskAsync(Incident incident) => MoveAsync(incident, IncidentState.Detected, IncidentState.AwaitingApproval, new Move("test", "may it?"));

    private Task MoveAsync(Incident incident, IncidentState from, IncidentState to, Move move) => Incidents.MoveAsync(incident.Id, from, to, move, _cancel);
}
