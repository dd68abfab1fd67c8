using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Plain REINDEX INDEX, for what cannot be rebuilt concurrently: catalogue indexes and exclusion constraints.</summary>
public sealed class RebuildIndexLocking(IndexRecheck recheck, RepairLimits limits) : IRepair
{
    private const string Locks = "SHARE on the table and ACCESS EXCLUSIVE on the index: writers wait, and readers who want the index";

    /// <summary>Without them no session can start; they are rebuilt with system indexes off, by a person.</summary>
    private static readonly HashSet<string> Critical = new(StringComparer.Ordinal)
    {
        "pg_class_oid_index", "pg_attribute_relid_attnum_index", "pg_index_indexrelid_index", "pg_opclass_oid_index", "pg_amproc_fam_proc_index",
        "pg_rewrite_rel_rulename_index", "pg_trigger_tgrelid_tgname_index",
    };

    public string Name => "rebuild_index_locking";

    public RepairDescription Description { get; } = new(
        "Builds the index anew in place.", Locks,
        "Ownership of the table; for the catalogue, of the database.",
        "None: an index holds nothing that the table does not.");

    public Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel) =>
        new IndexPlanning(recheck, limits).PlanAsync(session, incident, RiskClass.LosslessLocking, Refusal,
            static i => new($"REINDEX INDEX {i.Quoted}", Locks, "the index is built anew from its table"), cancel);

    public Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel) =>
        IndexApplication.RunAsync(session, plan, proof, limits, limits.ExclusiveLockTimeout, cancel);

    private static string? Refusal(IndexLook index) =>
        index.IsShared ? $"{index.Quoted} belongs to a catalogue that all databases share: rebuild it by hand in a quiet moment (REINDEX INDEX {index.Quoted})"
        : index.IsMapped || (index.IsCatalog && Critical.Contains(index.Quoted[(index.Quoted.IndexOf('.', StringComparison.Ordinal) + 1)..]))
            ? $"{index.Quoted} is one that every new session needs: rebuild it by hand, with the server started with -P"
            : null;
}
