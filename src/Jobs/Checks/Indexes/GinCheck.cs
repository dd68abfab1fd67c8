using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Every GIN index against itself, by the server's own check.</summary>
public sealed class GinCheck : ICheck
{
    public const string CheckName = "gin";

    public CheckDescription Description { get; } = new(
        CheckName, "Verifies the structure of every GIN index with gin_index_check.", "db.index_check",
        "Reads every GIN index once.",
        "ACCESS SHARE, as a SELECT; nobody waits but who wants ACCESS EXCLUSIVE.",
        "PostgreSQL 18 or later, the extension amcheck and EXECUTE on gin_index_check (role healing_detect).",
        "Entries that are missing: the check index_probe sees a row that none of its keys leads to, and of lists and tsvector one that some of them do not lead to.",
        [FindingKind.IndexCorrupt, FindingKind.IndexFileMissing, FindingKind.HeapPageInvalid, FindingKind.DeadlyRead]) { Reach = CheckReach.Table, FirstMajor = 18, OnStandby = true };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => AmcheckRun.OverAsync(Description, AmcheckCall.Gin, request, cancel);
}
