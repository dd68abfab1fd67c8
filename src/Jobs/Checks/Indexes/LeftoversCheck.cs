using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NpgsqlTypes;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Invalid indexes that nobody is building.</summary>
public sealed class LeftoversCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "leftovers", "Finds invalid indexes that an unfinished CREATE INDEX CONCURRENTLY, REINDEX CONCURRENTLY or DROP INDEX CONCURRENTLY left behind.", "db.index_check",
        "Reads the catalogue.", "ACCESS SHARE on catalogues.",
        "Nothing; with pg_monitor (role healing_detect) it knows better who is building what.",
        "A leftover on a table on which another index is being built right now: it is found after that.",
        [FindingKind.IndexLeftover]);

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        if (facts.IsStandby)
        {
            return CheckRun.Without(Description.Name, CheckStatus.Unavailable, elapsed(), "the target is a standby: only the primary knows who is building an index right now");
        }
        // one that somebody holds for himself alone is in somebody's hands: no leftover, and not examined
        var rows = (await PatientList.ReadAsync(request.Target, (session, held) => ReadAsync(session, request.Scope, held, cancel), cancel).ConfigureAwait(false)).Items;
        var findings = rows.Where(r => !r.InHand).Select(r => r.Describe(Finding.Of(Description.Name, FindingKind.IndexLeftover, facts.Id, new(r.Oid, r.Quoted), ""))).ToList();
        var examined = await WholeAsync(connection, cancel).ConfigureAwait(false);
        examined.AddRange(findings.Select(f => f.Object));
        return new(Description.Name, findings.Count > 0 ? CheckStatus.Damaged : CheckStatus.Clean, elapsed(), null, findings, [.. examined.Select(e => e.Oid)])
        {
            ExaminedNames = [.. examined.Select(e => e.Quoted)],
        };
    }, cancel);

    private static async Task<IReadOnlyList<Row>> ReadAsync(NpgsqlConnection connection, CheckScope scope, long[] held, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("leftovers"), connection);
        command.Parameters.Add(new("held", held));
        command.Parameters.Add(new("indexes", NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = (object?)scope.Indexes?.ToArray() ?? DBNull.Value });
        command.Parameters.Add(new("table", NpgsqlDbType.Bigint) { Value = (object?)scope.Table ?? DBNull.Value });
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var rows = new List<Row>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            if (await row.IsDBNullAsync(11, cancel).ConfigureAwait(false))
            {
                // dropped at this moment
                continue;
            }
            rows.Add(new(row.GetInt64(0), row.GetString(1), row.GetString(2), row.GetInt64(3), row.GetBoolean(4), row.GetBoolean(5), row.GetBoolean(6),
                row.GetBoolean(7), row.GetBoolean(8), row.GetBoolean(9), row.GetString(10), row.GetString(11), row.GetBoolean(12)));
        }
        return rows;
    }

    private static async Task<List<RelationName>> WholeAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("whole_indexes"), connection);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var whole = new List<RelationName>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            whole.Add(new(row.GetInt64(0), row.GetString(1)));
        }
        return whole;
    }

    private sealed record Row(
        long Oid, string Quoted, string Table, long TableOid, bool IsValid, bool IsReady, bool IsLive,
        bool IsCatalog, bool BacksConstraint, bool IsAttached, string Suffix, string Definition, bool InHand)
    {
        public Finding Describe(Finding finding)
        {
            var byHand = IsCatalog ? "it belongs to the catalogue" : BacksConstraint ? "it backs a constraint" : IsAttached ? "it is part of a partitioned index" : null;
            var serves = IsReady ? "writes still maintain it, queries do not use it" : "neither queries nor writes use it";
            return finding with
            {
                Detail = $"an unfinished build left it on {Table}; {serves}" + (byHand is null ? "" : $"; {byHand}: rebuild it or drop that by hand"),
                Repair = byHand is null ? finding.Repair : null,
                Risk = byHand is null ? finding.Risk : null,
                Evidence = new JsonObject
                {
                    ["table"] = Table,
                    ["table_oid"] = TableOid,
                    ["definition"] = Definition,
                    ["suffix"] = Suffix,
                    ["is_valid"] = IsValid,
                    ["is_ready"] = IsReady,
                    ["is_live"] = IsLive,
                },
            };
        }
    }
}
