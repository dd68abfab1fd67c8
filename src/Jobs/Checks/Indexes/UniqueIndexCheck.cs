using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The server's own opinion on whether the entries of a unique index are unique.</summary>
public sealed class UniqueIndexCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "checkunique", "Has amcheck look for two visible rows under one key in every unique B-tree index.", "db.index_check",
        "Reads every unique index once, and the rows of its table wherever two entries are equal.",
        "ACCESS SHARE, as a SELECT; nobody waits but who wants ACCESS EXCLUSIVE.",
        "PostgreSQL 17 or later, the extension amcheck and EXECUTE on its bt_index_check with three arguments (role healing_detect).",
        "Duplicates of which one is not in the index, or is a later version of its row: the check duplicate_keys sees both.",
        [FindingKind.BtreeCorrupt, FindingKind.IndexFileMissing, FindingKind.HeapPageInvalid, FindingKind.DuplicateKeys, FindingKind.DeadlyRead]) { Reach = CheckReach.Table, FirstMajor = 17, OnStandby = true };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => AmcheckRun.OverAsync(Description, AmcheckCall.Unique, request, cancel);
}
