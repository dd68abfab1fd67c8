using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Every B-tree against itself and against its table.</summary>
public sealed class BtreeCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "btree", "Verifies every B-tree index, those of TOAST and of the catalogue too, and looks up every row of its table in it.", "db.index_check",
        "Reads every index and its table once, and uses maintenance_work_mem in each session.",
        "ACCESS SHARE, as a SELECT; nobody waits but who wants ACCESS EXCLUSIVE.",
        "The extension amcheck and EXECUTE on bt_index_check (role healing_detect).",
        "Duplicates inside a unique index, other index methods, values that changed in index and table alike.",
        [FindingKind.BtreeCorrupt, FindingKind.IndexFileMissing, FindingKind.HeapPageInvalid, FindingKind.DeadlyRead]) { Reach = CheckReach.Table };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        IReadOnlyList<BtreeIndex> indexes;
        await using (var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false))
        {
            if (await BtreeList.WhyNotAsync(connection, facts, cancel).ConfigureAwait(false) is { } why)
            {
                request.Target.Forget();
                return CheckRun.Without(Description.Name, CheckStatus.Unavailable, elapsed(), why);
            }
            indexes = await BtreeList.ReadAsync(connection, request.Scope, cancel).ConfigureAwait(false);
        }
        var deadly = await DeadlyReads.OpenAsync(Description.Name, request, facts, cancel).ConfigureAwait(false);
        var verdicts = await new BtreeRunner(Description.Name, request, facts.SchemaOf("amcheck")!, deadly).RunAsync(indexes, cancel).ConfigureAwait(false);
        return BtreeReport.Of(Description.Name, facts, verdicts, deadly, elapsed());
    }, cancel);
}
