using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Where a table and its index say two things and nothing tells which is right: keeps the index's file, and calls a person with both. It changes nothing.</summary>
public sealed class KeepEvidence(IndexRecheck recheck) : IRepair
{
    public string Name => "keep_evidence";

    public RepairDescription Description { get; } = new(
        "Keeps a copy of the index, which may hold the last trace of the right value, and calls a person with both values.",
        "none", "Sight of the server's files, for a copy of them; else the evidence of the check is kept.", "None is needed: nothing is changed.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.LosslessOnline, []) { Derived = true };
        if (await IndexLook.AtAsync(session.Connection, incident.Object, cancel).ConfigureAwait(false) is not { } index)
        {
            return plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        return session.LookAgain && await recheck.LookAsync(session.Target, [index.Oid], cancel).ConfigureAwait(false) is { Looked: true, Sound: true }
            ? plan with { Nothing = $"{index.Quoted} and its table say the same by now" }
            : plan with
            {
                Relations = [index.Oid],
                Notes = [WhatToDo(incident, index)],
                Work = WhatToDo(incident, index),
                Steps = [new($"copy the file of {index.Quoted}", "none", "it may hold the last trace of the right value")],
            };
    }

    public Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        return Task.FromResult(plan.Work is string advice
            ? new RepairResult(RepairOutcome.Escalated, $"{advice} Kept so far: {proof.Statement}.", [])
            : new RepairResult(RepairOutcome.Done, plan.Nothing, []));
    }

    private static string WhatToDo(Incident incident, IndexLook index)
    {
        var evidence = JsonNode.Parse(incident.Evidence);
        return $"Row {evidence?["row"]} of {index.TableQuoted} says {evidence?["in_table"]}, its entry in {index.Quoted} says {evidence?["in_index"]}. One of them is wrong. "
            + $"Do not REINDEX before that is decided: a new index takes over what the table says. Compare with a standby, a backup or the application. Where the table is wrong, UPDATE that row (by its other columns, or by its ctid; not by this one); then REINDEX INDEX CONCURRENTLY {index.Quoted}, and `healing incidents reopen {incident.Id}` looks again.";
    }
}
