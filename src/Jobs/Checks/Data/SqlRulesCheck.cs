using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Queries of the owner's own: what they return breaks a rule.</summary>
public sealed partial class SqlRulesCheck : ICheck
{
    private const int MostRows = 1000;

    public CheckDescription Description { get; } = new(
        "sql_rules", "Runs the queries that the rules name, in a transaction that cannot write; each row that comes back breaks the rule.", "db.orphan_cleanup",
        "Whatever the queries cost; each is ended after 5 minutes, and after 1000 rows.", "ACCESS SHARE.",
        "Rules in healing.yaml; the rights that their queries need.",
        "Anything without a rule.",
        [FindingKind.RuleViolated, FindingKind.DeadlyRead]);

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        var deadly = await DeadlyReads.OpenAsync(Description.Name, request, facts, cancel).ConfigureAwait(false);
        var look = new DataLook(Description, deadly);
        RelationName? database = null;
        foreach (var rule in request.Scope is { Table: null, Indexes: null } ? request.Target.Options.Rules.Sql : [])
        {
            database ??= new(0, await QuotedAsync(request.Target, cancel).ConfigureAwait(false));
            await look.AtAsync(database, rule.Name, () => LookAsync(request.Target, deadly, facts.Id, database, rule, cancel)).ConfigureAwait(false);
            await request.Throttle.RestAsync(TimeSpan.FromSeconds(1), cancel).ConfigureAwait(false);
        }
        return look.Report(elapsed());
    }, cancel);

    private async Task<Finding?> LookAsync(Target target, DeadlyReads deadly, TargetId id, RelationName database, SqlRule rule, CancellationToken cancel)
    {
        var rows = await ReadAsync(target, deadly, rule, cancel).ConfigureAwait(false);
        var count = rows.Count > MostRows ? $"more than {MostRows}" : $"{rows.Count}";
        return rows.Count == 0 ? null : Finding.Of(Description.Name, FindingKind.RuleViolated, id, database, $"the rule {rule.Name} returned {count} row(s)", rule.Name) with
        {
            Evidence = new JsonObject
            {
                ["rule"] = rule.Name,
                ["query"] = rule.Query,
                ["count"] = Math.Min((long)rows.Count, MostRows),
                ["is_more"] = rows.Count > MostRows,
                ["rows"] = new JsonArray([.. rows.Take(RowScan.MostShown).Select(Shown)]),
            },
        };
    }

    private static async Task<List<string>> ReadAsync(Target target, DeadlyReads deadly, SqlRule rule, CancellationToken cancel)
    {
        var query = End().Replace(await QueryAsync(rule, cancel).ConfigureAwait(false), "");
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await SessionLife.NoticeLostClientAsync(connection, cancel).ConfigureAwait(false);
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await using (var settings = new NpgsqlCommand(Sql.Of<ICheck>("rule_query_settings"), connection))
        {
            await settings.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        return await deadly.GuardAsync(connection, new RelationName(0, $"rule {rule.Name}"), query, token => AskAsync(connection, query, token), cancel).ConfigureAwait(false);
    }

    private static async Task<List<string>> AskAsync(NpgsqlConnection connection, string query, CancellationToken cancel)
    {
        await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
        // with a numbered parameter the text goes to the server as it is, which takes one statement and no more
        await using var command = new NpgsqlCommand($"SELECT pg_catalog.to_jsonb(q.*)::pg_catalog.text FROM (\n{query}\n) AS q LIMIT $1", connection) { Parameters = { new() { Value = MostRows + 1L } } };
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var rows = new List<string>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            rows.Add(rows.Count < RowScan.MostShown ? ServerText.Shown(row, 0) : "");
        }
        return rows;
    }

    private static async Task<string> QueryAsync(SqlRule rule, CancellationToken cancel)
    {
        try
        {
            return await File.ReadAllTextAsync(rule.Query, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HealingException($"{rule.Query} cannot be read: {e.Message}", "the rule in healing.yaml names it");
        }
    }

    private static async Task<string> QuotedAsync(Target target, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("rule_query_settings"), connection);
        return (string)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
    }

    private static JsonNode Shown(string json)
    {
        var shown = new JsonObject();
        foreach (var (column, value) in JsonNode.Parse(json)!.AsObject().Take(20))
        {
            shown[column] = Text.Bounded(value?.ToString(), 100);
        }
        return shown;
    }

    /// <summary>The semicolon that ends it, and what is said after that.</summary>
    [GeneratedRegex(@";(?:\s|--[^\n]*)*\z", RegexOptions.None, 1000)]
    private static partial Regex End();
}
