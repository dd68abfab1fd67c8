using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The visibility map of every table against its rows, and rows against the commit log.</summary>
public sealed class VisibilityCheck : ICheck
{
    private const int Shown = 5;
    private const int MostBlocks = 100;
    private static readonly string[] Signatures = ["pg_check_visible(regclass)", "pg_check_frozen(regclass)"];

    public CheckDescription Description { get; } = new(
        "visibility", "Compares the visibility map of every table with its rows, and tells a wrong map from rows that are hidden by their own hint bits.", "db.index_check",
        "Reads the pages that the map calls all-visible, and no values; at most one CHECKPOINT a table, where a row that somebody locked or removed disagrees with the map.",
        "ACCESS SHARE, as a SELECT; nobody waits but who wants ACCESS EXCLUSIVE.",
        "The extension pg_visibility and EXECUTE on pg_check_visible and pg_check_frozen (role healing_detect); to tell which case it is, SELECT on the table or access to the server's files, and CHECKPOINT (pg_checkpoint from PostgreSQL 15 on).",
        "Pages that the map does not call all-visible.",
        [FindingKind.VisibilityMapWrong, FindingKind.FrozenMapWrong, FindingKind.HeapRowsHidden, FindingKind.DeadlyRead])
    { Reach = CheckReach.Table };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        if (facts.IsStandby)
        {
            return CheckRun.Without(Description.Name, CheckStatus.Unavailable, elapsed(), "the target is a standby: it is looked at on its primary");
        }
        var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        try
        {
            if (await ExtensionRight.WhyNotAsync(connection, facts, "pg_visibility", Signatures, cancel).ConfigureAwait(false) is { } why)
            {
                request.Target.Forget();
                return CheckRun.Without(Description.Name, CheckStatus.Unavailable, elapsed(), why);
            }
            var left = new LeftAlone();
            var deadly = await DeadlyReads.OpenAsync(Description.Name, request, facts, cancel).ConfigureAwait(false);
            var tables = (await HeapTable.ListAsync(connection, request.Scope, sequences: false, cancel).ConfigureAwait(false)).Where(t => !left.Passes(t.Quoted, deadly.WhyNotRows(t.Name))).ToList();
            var (findings, open, damaged, examined) = (new List<Finding>(), new List<string>(), new List<string>(), new List<HeapTable>());
            foreach (var table in tables)
            {
                request.Progress?.Report(new(Description.Name, examined.Count, tables.Count, table.Quoted));
                var started = request.Target.Clock.GetTimestamp();
                try
                {
                    var look = new VisibilityLook(request.Target, facts, connection, facts.SchemaOf("pg_visibility")!);
                    var verdict = await deadly.GuardAsync(connection, table.Name, $"SELECT * FROM {facts.SchemaOf("pg_visibility")}.pg_check_visible('{table.Quoted.Replace("'", "''", StringComparison.Ordinal)}')",
                        token => look.OfAsync(table.Name, token), cancel).ConfigureAwait(false);
                    findings.AddRange(OfTable(facts, table, verdict));
                    if (verdict.HasMore || verdict.Hidden.Concat(verdict.Unsure).Select(t => t.Block).Distinct().Count() > MostBlocks)
                    {
                        damaged.Add($"{table.Quoted}: more rows than can be looked at are not what the map says");
                    }
                    else
                    {
                        examined.Add(table);
                    }
                }
                catch (Exception e) when (e is DeadlyReadException || (e is NpgsqlException n && n.SqlState != SqlState.InsufficientPrivilege))
                {
                    cancel.ThrowIfCancellationRequested();
                    if (connection.FullState != System.Data.ConnectionState.Open)
                    {
                        await connection.DisposeAsync().ConfigureAwait(false);
                        connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
                    }
                    // one that was dropped meanwhile has nothing wrong with it
                    if (!await table.IsGoneAsync(connection, cancel).ConfigureAwait(false))
                    {
                        // a page that cannot be read is told by the check of tables
                        var unreadable = e is NpgsqlException { SqlState: SqlState.DataCorrupted or SqlState.UndefinedFile or SqlState.IoError };
                        (unreadable ? damaged : open).Add($"{table.Quoted}: {PatientList.Said(e)}{(unreadable ? " (see heap)" : "")}");
                    }
                }
                await request.Throttle.RestAsync(request.Target.Clock.GetElapsedTime(started), cancel).ConfigureAwait(false);
            }
            findings.AddRange(deadly.Findings);
            var status = findings.Count > 0 ? CheckStatus.Damaged : open.Count > 0 ? CheckStatus.Failed : CheckStatus.Clean;
            var missed = open.Count + damaged.Count == 0 ? null : $"{open.Count + damaged.Count} table(s) not examined: {string.Join("; ", open.Concat(damaged).Take(Shown))}";
            return new(Description.Name, status, elapsed(), LeftAlone.Joined(missed, left.Reason), findings, [.. examined.Select(t => t.Oid)])
            {
                ExaminedNames = [.. examined.Select(t => t.Quoted)],
                LeftAlone = deadly.LeftAlone,
            };
        }
        finally
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }, cancel);

    private IEnumerable<Finding> OfTable(TargetFacts facts, HeapTable table, VisibilityVerdict verdict)
    {
        foreach (var block in verdict.Hidden.Concat(verdict.Unsure).GroupBy(t => t.Block).OrderBy(b => b.Key).Take(MostBlocks))
        {
            var unsure = block.Intersect(verdict.Unsure).ToList();
            var finding = Finding.InBlock(Description.Name, FindingKind.HeapRowsHidden, facts.Id, table.Name, block.Key, [.. block.Select(t => t.Offset).Order()],
                unsure.Count == 0 ? $"{block.Count()} committed row(s) at {Some([.. block])} are marked as if they were not: VACUUM would remove them"
                    : $"row(s) at {Some(unsure)} are not what the visibility map says, and it cannot be told from here whether the map is wrong or the rows' own bits: "
                      + "grant SELECT on the table or access to the server's files (healing_rest); the map is left alone until then");
            finding.Evidence["unsure"] = new JsonArray([.. unsure.Select(t => (JsonNode)t.Offset)]);
            yield return ForTable(unsure.Count == 0 ? finding : finding with { Repair = "salvage", Risk = RiskClass.LosslessOnline }, table);
        }
        if (verdict.Visible.Count > 0)
        {
            yield return OfMap(facts, FindingKind.VisibilityMapWrong, table, verdict.Visible, "all-visible");
        }
        if (verdict.Frozen.Count > 0)
        {
            yield return OfMap(facts, FindingKind.FrozenMapWrong, table, verdict.Frozen, "all-frozen");
        }
    }

    private Finding OfMap(TargetFacts facts, FindingKind kind, HeapTable table, IReadOnlyList<Tid> rows, string what) =>
        Finding.Of(Description.Name, kind, facts.Id, table.Name, $"the map calls {rows.Select(t => t.Block).Distinct().Count()} page(s) {what} that are not: {Some(rows)}") with
        {
            Evidence = new JsonObject
            {
                ["table"] = table.Quoted,
                ["table_oid"] = table.Oid,
                ["rows"] = rows.Count,
                ["tids"] = new JsonArray([.. rows.Take(20).Select(t => (JsonNode)t.ToString())]),
            },
        };

    private static Finding ForTable(Finding finding, HeapTable table) => !table.IsCatalog ? finding
        : finding with { Repair = null, Risk = null, Detail = $"{finding.Detail}. It belongs to the system catalogue: a person restores it." };

    private static string Some(IReadOnlyList<Tid> rows) => string.Join(", ", rows.Take(Shown)) + (rows.Count > Shown ? $" and {rows.Count - Shown} more" : "");
}
