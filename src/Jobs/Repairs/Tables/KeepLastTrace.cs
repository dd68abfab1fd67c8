using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// Where indexes still know rows that their table has lost: keeps the blocks as they are, in which the rows' bytes may still lie until the next insert
/// or prune, and the B-trees that know them, and calls a person with a plan. It changes nothing, and never takes such a loss for healed.
/// </summary>
public sealed class KeepLastTrace : IRepair
{
    private const int Shown = 5;

    public string Name => "keep_last_trace";

    public RepairDescription Description { get; } = new(
        "Keeps the image of the blocks that lost rows and a copy of the B-trees that still know those rows, and calls a person with their keys.",
        "none", "Sight of the server's files, for a copy of them; else the evidence of the check is kept, and pages by pageinspect.", "None is needed: nothing is changed.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.LosslessOnline, []) { Derived = true, KeepsOnly = true };
        if (await TableLook.AtAsync(session.Connection, incident.TableOid, cancel).ConfigureAwait(false) is not { } table)
        {
            return plan with { Refuse = $"{incident.Object} is no longer there: whether somebody misses the rows that it had lost is for a person to say. {incident.Detail}" };
        }
        var evidence = JsonNode.Parse(incident.Evidence) as JsonObject;
        var blocks = (evidence?["blocks"] as JsonArray)?.Select(b => (long)b!).Where(b => b < table.Blocks).ToList() ?? [];
        var trees = (await table.IndexesAsync(session.Connection, cancel).ConfigureAwait(false)).Where(i => i.IsBtree).ToList();
        var knowing = trees.Where(t => KeysOf(evidence, t.Quoted).Any()).ToList();
        // who found the loss otherwise cannot say which of them knows
        var kept = knowing.Count > 0 ? knowing : trees;
        var advice = WhatToDo(session, incident, table, evidence, blocks, kept);
        return plan with
        {
            Relations = [.. kept.Select(t => t.Oid)],
            Pages = blocks.Count > 0 ? [new(table.Oid, blocks)] : [],
            Notes = [advice],
            Work = advice,
            Steps =
            [
                .. blocks.Count == 0 ? [] : new[] { new RepairStep($"copy block {string.Join(", ", blocks)} of {table.Quoted}", "none", "the bytes of the rows may still lie there, until something is written to it") },
                .. kept.Select(t => new RepairStep($"copy the files of {t.Quoted}", "none", "it is the last trace of the rows")),
            ],
        };
    }

    public Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        return Task.FromResult(new RepairResult(RepairOutcome.Escalated, $"{plan.Work} Kept so far: {proof.Statement}.", []));
    }

    private static string WhatToDo(RepairSession session, Incident incident, TableLook table, JsonObject? evidence, List<long> blocks, List<TableIndex> kept)
    {
        var keys = kept.Select(t => (t.Quoted, Keys: KeysOf(evidence, t.Quoted).Take(Shown).ToList())).FirstOrDefault(k => k.Keys.Count > 0);
        var standbys = string.Join(", ", session.Target.Options.Standbys.Select(s => s.Name));
        return $"{table.Quoted} has lost rows: {incident.Detail}."
            + (keys.Keys is { Count: > 0 } ? $" By {keys.Quoted} they are {string.Join("; ", keys.Keys)}; the evidence of this incident holds up to a hundred keys of each index, and the copies of {string.Join(", ", kept.Select(t => t.Quoted))} all of them." : "")
            + $" Fetch the rows by these keys from a standby{(standbys.Length > 0 ? $" ({standbys})" : "")} or a backup"
            + (blocks.Count > 0 ? ", else from the image of the blocks, where the bytes of a row whose line pointer alone is lost still lie" : "")
            + $"; insert them again, REINDEX TABLE CONCURRENTLY {table.Quoted}, and close this. Until then do not VACUUM or REINDEX it: the next INSERT or UPDATE may already overwrite what its blocks still hold.";
    }

    private static IEnumerable<string> KeysOf(JsonObject? evidence, string index) => (evidence?["keys"]?[index] as JsonArray)?.Select(k => (string)k!) ?? [];
}
