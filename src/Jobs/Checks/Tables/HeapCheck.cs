using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Every table against the rules of its pages, and every long value against its pointer.</summary>
public sealed class HeapCheck : ICheck
{
    private const string Signature = "verify_heapam(regclass, boolean, boolean, text, bigint, bigint)";
    private const int SequencesSince = 15;

    public const string CheckName = "heap";

    public CheckDescription Description { get; } = new(
        CheckName, "Verifies every table, materialized view, TOAST table and sequence page by page, and looks up every long value that a row refers to.", "db.index_check",
        "Reads every table once, and its long values through the index of its TOAST table.",
        "ACCESS SHARE, as a SELECT; nobody waits but who wants ACCESS EXCLUSIVE.",
        "The extension amcheck and EXECUTE on verify_heapam (role healing_detect).",
        "A zeroed page, a truncated file, a changed value, rows hidden by their hint bits.",
        [FindingKind.HeapPageInvalid, FindingKind.HeapTupleCorrupt, FindingKind.HeapTupleUnreadable, FindingKind.HeapXminInvalid, FindingKind.HeapNattsWrong, FindingKind.ToastValueLost, FindingKind.DeadlyRead])
    { Reach = CheckReach.Table, OnStandby = true };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        IReadOnlyList<HeapTable> tables;
        await using (var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false))
        {
            if (await ExtensionRight.WhyNotAsync(connection, facts, "amcheck", [Signature], cancel).ConfigureAwait(false) is { } why)
            {
                request.Target.Forget();
                return CheckRun.Without(Description.Name, CheckStatus.Unavailable, elapsed(), why);
            }
            tables = await HeapTable.ListAsync(connection, request.Scope, facts.Major >= SequencesSince, cancel).ConfigureAwait(false);
            if (request.Scope.Block is not null)
            {
                tables = [.. tables.Where(t => t.Oid == request.Scope.Table)];
            }
        }
        var verdicts = new List<HeapVerdict>();
        var deadly = await DeadlyReads.OpenAsync(Description.Name, request, facts, cancel).ConfigureAwait(false);
        await using var session = new HeapSession(request.Target, facts.SchemaOf("amcheck")!, deadly);
        foreach (var table in tables)
        {
            request.Progress?.Report(new(Description.Name, verdicts.Count, tables.Count, table.Quoted));
            var verdict = await new HeapWalk(session, table, request).RunAsync(cancel).ConfigureAwait(false);
            verdicts.Add(verdict.Rows.Any(r => r.Attribute is not null) ? verdict with { Columns = await ColumnsAsync(session, table, cancel).ConfigureAwait(false) } : verdict);
        }
        return HeapReport.Of(Description.Name, facts, verdicts, deadly, elapsed());
    }, cancel);

    private static async Task<IReadOnlyDictionary<int, string>> ColumnsAsync(HeapSession session, HeapTable table, CancellationToken cancel) =>
        (await (await session.ConnectAsync(cancel).ConfigureAwait(false)).QueryAsync<(int, string)>(new CommandDefinition(Sql.Of<ICheck>("column_names"), new { oid = table.Oid }, cancellationToken: cancel)).ConfigureAwait(false))
            .ToDictionary(c => c.Item1, c => c.Item2);
}
