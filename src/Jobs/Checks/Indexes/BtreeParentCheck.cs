using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Every B-tree as strictly as the server can: between parents and children too, and each key found again from the root.</summary>
public sealed class BtreeParentCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "btree_parent", "Verifies every B-tree index between its levels too, and finds each of its keys again from the root.", "db.index_check",
        "Reads every index and its table once, descends each index once a key, and uses maintenance_work_mem in each session.",
        "SHARE on the table: whoever writes to it waits until it is verified.",
        "The extension amcheck and EXECUTE on bt_index_parent_check (role healing_detect).",
        "Duplicates inside a unique index, other index methods, values that changed in index and table alike.",
        [FindingKind.BtreeCorrupt, FindingKind.HeapValueSuspect, FindingKind.IndexFileMissing, FindingKind.HeapPageInvalid, FindingKind.DeadlyRead]) { Reach = CheckReach.Table, Ground = Ground.Window };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => AmcheckRun.OverAsync(Description, AmcheckCall.Parent, request, cancel);
}
