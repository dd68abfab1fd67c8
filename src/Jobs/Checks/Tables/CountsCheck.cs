using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Counts tables three ways at one moment: by the table, by an index alone, and by an index with a look at each row.</summary>
public sealed partial class CountsCheck : ICheck
{
    private const int Shown = 5;
    /// <summary>One gigabyte: a larger table is left to the other checks.</summary>
    private const long MostPages = 131_072;
    private const string Plain = "enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_indexscan = on; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_sort = off";
    private const string IndexOnly = "enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_indexscan = on; SET LOCAL enable_indexonlyscan = on";
    private const string Sequential = "enable_seqscan = on; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off";

    public CheckDescription Description { get; } = new(
        "counts", "Counts each table that has a plain B-tree and no more than 1 GB by a sequential scan and through an index: what differs is a wrong visibility map, or an index that misses rows.", "db.index_check",
        "Reads each such table and its smallest index two times.", "ACCESS SHARE, as a SELECT, for one table at a time.",
        "SELECT on the tables (pg_read_all_data from PostgreSQL 14 on), and BYPASSRLS where row security hides rows; other tables are left out and named.",
        "Tables without a plain B-tree, or larger than 1 GB; damage that counts right.",
        [FindingKind.VisibilityMapWrong, FindingKind.IndexCountDiffers, FindingKind.HeapRowsLost, FindingKind.DeadlyRead]) { Reach = CheckReach.Table, OnStandby = true };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        var (findings, examined, open, damaged) = (new List<Finding>(), new List<Counted>(), new List<string>(), new List<string>());
        var (forbidden, left, nothing) = (new List<string>(), new LeftAlone(), true);
        var deadly = await DeadlyReads.OpenAsync(Description.Name, request, facts, cancel).ConfigureAwait(false);
        try
        {
            var all = request.Scope.Indexes is not null ? [] : (await connection.QueryAsync<Counted>(new CommandDefinition(
                Sql.Of<ICheck>("count_candidates"), new { table = request.Scope.Table }, cancellationToken: cancel)).ConfigureAwait(false)).Where(t => t.Pages <= MostPages).ToList();
            forbidden.AddRange(all.Where(t => !t.May).Select(t => t.Quoted));
            var tables = all.Where(t => t.May && !left.Passes(t.Quoted, deadly.WhyNotAtAll(new(t.Oid, t.Quoted)))).ToList();
            nothing = tables.Count == 0;
            foreach (var table in tables)
            {
                request.Progress?.Report(new(Description.Name, examined.Count, tables.Count, table.Quoted));
                var started = request.Target.Clock.GetTimestamp();
                try
                {
                    var used = connection;
                    if (await deadly.GuardAsync(used, new RelationName(table.Oid, table.Quoted), $"SELECT count(*) FROM ONLY {table.Quoted}", token => CompareAsync(used, facts, table, token), cancel, Limit(table)).ConfigureAwait(false) is { } finding)
                    {
                        findings.Add(finding);
                    }
                    examined.Add(table);
                }
                catch (Exception e) when (e is NpgsqlException or TimeoutException or DeadlyReadException)
                {
                    cancel.ThrowIfCancellationRequested();
                    await connection.DisposeAsync().ConfigureAwait(false);
                    connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
                    if (e is PostgresException lost && await BeyondAsync(connection, facts, table, lost, cancel).ConfigureAwait(false) is { } beyond)
                    {
                        findings.Add(beyond);
                        continue;
                    }
                    if (await PatientList.IsGoneAsync(connection, table.Oid, cancel).ConfigureAwait(false))
                    {
                        continue;
                    }
                    // what cannot be read, or goes round in circles, is for the checks of tables and indexes to name
                    (IsDamage(e) ? damaged : open).Add($"{table.Quoted}: {PatientList.Said(e)}");
                }
                await request.Throttle.RestAsync(request.Target.Clock.GetElapsedTime(started), cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
        findings.AddRange(deadly.Findings);
        var status = findings.Count > 0 ? CheckStatus.Damaged : open.Count > 0 ? CheckStatus.Failed
            : nothing && forbidden.Count > 0 ? CheckStatus.Unavailable : CheckStatus.Clean;
        var denied = forbidden.Count == 0 ? null
            : LeftAlone.Line(forbidden, "not counted", $"{facts.Role} may not SELECT all of their rows: GRANT pg_read_all_data TO {facts.Role}, and BYPASSRLS where they have row security");
        return new(Description.Name, status, elapsed(), LeftAlone.Joined(Reason(open, damaged), denied, left.Reason), findings, [.. examined.Select(t => t.Oid)])
        {
            ExaminedNames = [.. examined.Select(t => t.Quoted)],
            LeftAlone = deadly.LeftAlone,
        };
    }, cancel);

    /// <summary>Far longer than such a count takes: an index whose pages lead in a circle would be read for ever.</summary>
    private static TimeSpan Limit(Counted table) => TimeSpan.FromSeconds(60 + table.Pages / 500);

    private static bool IsDamage(Exception e) => e is TimeoutException
        or NpgsqlException { SqlState: SqlState.DataCorrupted or SqlState.IndexCorrupted or SqlState.UndefinedFile or SqlState.IoError or SqlState.QueryCanceled };

    private static string? Reason(List<string> open, List<string> damaged) => open.Count + damaged.Count == 0 ? null
        : string.Join("; ", new[] { (open, "not counted"), (damaged, "not counted, since what holds them is damaged or does not come to an end (see btree and heap)") }
            .Where(r => r.Item1.Count > 0).Select(r => $"{r.Item1.Count} table(s) {r.Item2}: {string.Join("; ", r.Item1.Take(Shown))}"));

    /// <summary>An index that leads behind the end of its table's file: the file has lost its end.</summary>
    private async Task<Finding?> BeyondAsync(NpgsqlConnection connection, TargetFacts facts, Counted table, PostgresException e, CancellationToken cancel)
    {
        if (e.SqlState is not (SqlState.DataCorrupted or SqlState.IoError) || Number().Match(e.MessageText) is not { Success: true } said || !long.TryParse(said.Value, System.Globalization.CultureInfo.InvariantCulture, out var block)
            || await DamagedFile.OwnerAsync(connection, e.MessageText, cancel).ConfigureAwait(false) is not { } owner || owner.Oid != table.Oid
            || await HeapSize.OfAsync(connection, table.Oid, cancel).ConfigureAwait(false) is not { } size
            || block < size.Blocks)
        {
            return null;
        }
        return Finding.Of(Description.Name, FindingKind.HeapRowsLost, facts.Id, owner, $"an index leads to page {block}, and the table's file ends after {size.Blocks} pages: the rest of it is lost") with
        {
            Evidence = new JsonObject { ["table"] = table.Quoted, ["table_oid"] = table.Oid, ["block"] = block, ["blocks"] = size.Blocks, ["message"] = e.MessageText },
        };
    }

    [GeneratedRegex(@"\d+", RegexOptions.None, 1000)]
    private static partial Regex Number();

    /// <summary>All in one snapshot, so that nobody's writes make a difference.</summary>
    private async Task<Finding?> CompareAsync(NpgsqlConnection connection, TargetFacts facts, Counted table, CancellationToken cancel)
    {
        await using var moment = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancel).ConfigureAwait(false);
        var indexOnly = await CountAsync(connection, $"FROM ONLY {table.Quoted}", IndexOnly, "Index Only Scan", cancel).ConfigureAwait(false);
        var rows = await CountAsync(connection, $"FROM ONLY {table.Quoted}", Sequential, "Seq Scan", cancel).ConfigureAwait(false);
        if (indexOnly is null || rows is null || indexOnly == rows)
        {
            return null;
        }
        // the order is what makes the planner take the index at all
        var fetched = await CountAsync(connection, $"FROM (SELECT FROM ONLY {table.Quoted} AS t ORDER BY t.{table.FirstColumn}) AS ordered", Plain, "Index Scan", cancel).ConfigureAwait(false);
        var kind = fetched == rows ? FindingKind.VisibilityMapWrong : FindingKind.IndexCountDiffers;
        var detail = $"{rows} rows by a sequential scan, {indexOnly} by an index alone" + (fetched is null ? "" : $", {fetched} by an index with a look at each row");
        return Finding.Of(Description.Name, kind, facts.Id, new RelationName(table.Oid, table.Quoted), detail) with
        {
            Evidence = new JsonObject { ["table"] = table.Quoted, ["table_oid"] = table.Oid, ["sequential"] = rows, ["index_only"] = indexOnly, ["index"] = fetched },
        };
    }

    /// <summary>Null where the planner goes another way.</summary>
    private static async Task<long?> CountAsync(NpgsqlConnection connection, string from, string way, string node, CancellationToken cancel)
    {
        // no parallel plan: its workers would be more than one session's share
        await connection.ExecuteAsync(new CommandDefinition($"SET LOCAL max_parallel_workers_per_gather = 0; SET LOCAL {way}", cancellationToken: cancel)).ConfigureAwait(false);
        var count = $"SELECT count(*) {from}";
        var plan = string.Join('\n', await connection.QueryAsync<string>(new CommandDefinition($"EXPLAIN (COSTS OFF) {count}", cancellationToken: cancel)).ConfigureAwait(false));
        return plan.Contains(node, StringComparison.Ordinal) ? await connection.ExecuteScalarAsync<long>(new CommandDefinition(count, cancellationToken: cancel)).ConfigureAwait(false) : null;
    }

    private sealed record Counted
    {
        public required long Oid { get; init; }
        public required string Quoted { get; init; }
        public required long Pages { get; init; }
        public required string FirstColumn { get; init; }
        /// <summary>Whether this role sees all of its rows.</summary>
        public required bool May { get; init; }
    }
}
