using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Every B-tree against itself and against its table.</summary>
public sealed class BtreeCheck : ICheck
{
    public const string CheckName = "btree";

    public CheckDescription Description { get; } = new(
        CheckName, "Verifies every B-tree index, those of TOAST and of the catalogue too, and looks up every row of its table in it.", "db.index_check",
        "Reads every index and its table once, and uses maintenance_work_mem in each session.",
        "ACCESS SHARE, as a SELECT; nobody waits but who wants ACCESS EXCLUSIVE.",
        "The extension amcheck and EXECUTE on bt_index_check (role healing_detect).",
        "Duplicates inside a unique index, other index methods, values that changed in index and table alike.",
        [FindingKind.BtreeCorrupt, FindingKind.HeapValueSuspect, FindingKind.IndexFileMissing, FindingKind.HeapPageInvalid, FindingKind.DeadlyRead]) { Reach = CheckReach.Table, OnStandby = true };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => AmcheckRun.OverAsync(Description, AmcheckCall.Btree, request, cancel);
}
