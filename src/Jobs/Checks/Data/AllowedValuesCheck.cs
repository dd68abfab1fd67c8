using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Columns whose values are few and known, by the rules.</summary>
public sealed class AllowedValuesCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "allowed_values", "Looks for values that a rule does not allow: other than the labels of an enum type, the values of a lookup table, or a list.", "db.orphan_cleanup",
        "Reads each table that has such a rule once a rule, in pieces.", "ACCESS SHARE.",
        "Rules in healing.yaml; SELECT on their tables (pg_read_all_data), and BYPASSRLS where they have row security.",
        "Anything without a rule; tables that inherit from the one that a rule names.",
        [FindingKind.ValueNotAllowed, FindingKind.DeadlyRead])
    {
        Reach = CheckReach.Table,
    };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        var deadly = await DeadlyReads.OpenAsync(Description.Name, request, facts, cancel).ConfigureAwait(false);
        var look = new DataLook(Description, deadly);
        foreach (var rule in request.Scope.Indexes is null ? request.Target.Options.Rules.AllowedValues : [])
        {
            AllowedValues values;
            try
            {
                await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
                values = await AllowedValues.OfAsync(connection, rule, cancel).ConfigureAwait(false);
            }
            catch (HealingException e)
            {
                look.Trouble($"the rule about {rule.Column}", $"{e.Message} ({e.Hint})");
                continue;
            }
            if (request.Scope.Table is not { } only || only == values.Table.Oid)
            {
                await look.AtAsync(values.Table.Name, rule.Column.ToString(), () => LookAsync(request, deadly, facts.Id, values, cancel), deadly.WhyNotRows(values.Table.Name) ?? values.Key?.WhyNot).ConfigureAwait(false);
            }
        }
        return look.Report(elapsed());
    }, cancel);

    private async Task<Finding?> LookAsync(CheckRequest request, DeadlyReads deadly, TargetId target, AllowedValues values, CancellationToken cancel)
    {
        var wrong = await new RowScan(request.Target, request.Throttle, deadly).RunAsync(values.Table.Name, values.Test, cancel).ConfigureAwait(false);
        if (wrong.Count == 0)
        {
            return null;
        }
        var finding = ValueFinding.Of(Description.Name, FindingKind.ValueNotAllowed, target, values.Table, values.Rule,
            $"{wrong.Count} row(s) hold a value in {values.Column} that is not allowed (allowed: {values.Words})", wrong.Count, DataLook.Samples(values.Test.Shown, wrong.Rows));
        return values.Key is { IsSubscribed: true } ? finding with { Detail = $"{finding.Detail}; {ForeignKey.OfPublisher}", Repair = null, Risk = null } : finding;
    }
}

/// <summary>A finding about the values of one column, with what its rule wants done.</summary>
internal static class ValueFinding
{
    public static Finding Of(string check, FindingKind kind, TargetId target, RuleTable table, ValueRule rule, string detail, long count, JsonArray samples)
    {
        var finding = Finding.Of(check, kind, target, table.Name, detail, table.Columns[0]) with
        {
            Evidence = new JsonObject
            {
                ["table"] = table.Quoted,
                ["table_oid"] = table.Oid,
                ["column"] = table.Columns[0],
                ["part"] = rule.Column.ToString(),
                ["on_violation"] = rule.OnViolation.ToString().ToLowerInvariant(),
                ["count"] = count,
                ["samples"] = samples,
            },
        };
        return rule.OnViolation switch
        {
            RuleAction.Nullify => finding with { Repair = "nullify_values" },
            RuleAction.Quarantine => finding with { Repair = "quarantine_values" },
            _ => finding with { Repair = null, Risk = null, Detail = $"{detail}; its rule says that this is only told" },
        };
    }
}
