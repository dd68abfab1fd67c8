using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Makes the findings of verified tables: one for each kind of damage in a block.</summary>
internal static class HeapReport
{
    private const int Shown = 5;

    public static CheckReport Of(string check, TargetFacts facts, IReadOnlyList<HeapVerdict> verdicts, DeadlyReads deadly, TimeSpan elapsed)
    {
        var findings = verdicts.SelectMany(v => OfTable(check, facts, v)).Concat(deadly.Findings).OrderBy(f => f.Object.Quoted, StringComparer.Ordinal).ToList();
        var open = verdicts.Where(v => v.NotExamined is not null).ToList();
        var examined = verdicts.Where(v => v is { Whole: true, NotExamined: null, Vanished: false }).Select(v => v.Table).ToList();
        var status = findings.Count > 0 ? CheckStatus.Damaged : open.Count > 0 ? CheckStatus.Failed : CheckStatus.Clean;
        var reason = open.Count == 0 ? null
            : $"{open.Count} table(s) not examined: " + string.Join("; ", open.Take(Shown).Select(v => $"{v.Table.Quoted}: {v.NotExamined}")) + (open.Count > Shown ? "; ..." : "");
        var part = verdicts.Where(v => v is { Whole: false, NotExamined: null, Vanished: false }).Select(v => v.Table.Quoted).ToList();
        var more = part.Count == 0 ? null : LeftAlone.Line(part, "not examined whole", "so much is damaged that more is than is told");
        return new(check, status, elapsed, LeftAlone.Joined(reason, more), findings, [.. examined.Select(t => t.Oid)]) { ExaminedNames = [.. examined.Select(t => t.Quoted)] };
    }

    private static IEnumerable<Finding> OfTable(string check, TargetFacts facts, HeapVerdict verdict)
    {
        foreach (var page in verdict.Unreadable)
        {
            yield return Unreadable(check, facts, verdict.Table, page);
        }
        foreach (var block in verdict.Rows.GroupBy(r => r.Block))
        {
            // where one tuple lies wrong, the whole block may be torn: it is one damage
            var torn = block.Any(r => r.Kind == FindingKind.HeapTupleUnreadable);
            foreach (var kind in block.GroupBy(r => torn ? FindingKind.HeapTupleUnreadable : r.Kind))
            {
                yield return InBlock(check, facts, verdict, kind.Key, block.Key, [.. kind]);
            }
        }
    }

    private static Finding InBlock(string check, TargetFacts facts, HeapVerdict verdict, FindingKind kind, long block, List<HeapDamageRow> rows)
    {
        var said = string.Join("; ", rows.Take(Shown).Select(r => Inv($"({r.Block},{r.Offset}){ColumnOf(verdict, r)} {r.Message}"))) + (rows.Count > Shown ? $"; and {rows.Count - Shown} more" : "");
        var finding = Finding.InBlock(check, kind, facts.Id, verdict.Table.Name, block, [.. rows.Select(r => r.Offset).Where(o => o > 0).Distinct().Order()], said);
        if (kind == FindingKind.ToastValueLost)
        {
            finding.Evidence["values"] = new JsonArray([.. rows.Select(r => (JsonNode)new JsonObject
            {
                ["tid"] = Inv($"({r.Block},{r.Offset})"),
                ["attribute"] = r.Attribute + 1,
                ["column"] = r.Attribute is { } a ? verdict.Columns.GetValueOrDefault(a + 1) : null,
                ["message"] = r.Message,
            })]);
        }
        finding.Evidence["messages"] = new JsonArray([.. rows.Take(20).Select(r => (JsonNode)Inv($"({r.Block},{r.Offset}) {r.Message}"))]);
        return ForTable(finding, verdict.Table);
    }

    private static Finding Unreadable(string check, TargetFacts facts, HeapTable table, UnreadablePage page)
    {
        var detail = page.Error.MessageText;
        var finding = page.Block is { } block ? Finding.InBlock(check, FindingKind.HeapPageInvalid, facts.Id, table.Name, block, [], detail)
            : Finding.Of(check, FindingKind.HeapPageInvalid, facts.Id, table.Name, detail) with { Evidence = new JsonObject { ["table"] = table.Quoted, ["table_oid"] = table.Oid } };
        finding.Evidence["sqlstate"] = page.Error.SqlState;
        finding.Evidence["message"] = page.Error.MessageText;
        return ForTable(page.Block is null || table.Kind == "S" ? finding : finding with { Repair = "salvage", Risk = RiskClass.LosslessOnline }, table);
    }

    /// <summary>What nobody repairs row by row: the catalogue, and what a TOAST table keeps for another.</summary>
    private static Finding ForTable(Finding finding, HeapTable table)
    {
        if (table.IsToast)
        {
            finding.Evidence["main_table"] = table.MainQuoted;
            finding.Evidence["main_table_oid"] = table.MainOid;
            finding = finding with { Detail = $"{finding.Detail} (it keeps the long values of {table.MainQuoted})" };
        }
        return table.IsCatalog ? finding with { Repair = null, Risk = null, Detail = $"{finding.Detail}. It belongs to the system catalogue: a person restores it." } : finding;
    }

    private static string ColumnOf(HeapVerdict verdict, HeapDamageRow row) =>
        row.Attribute is { } number && verdict.Columns.TryGetValue(number + 1, out var name) ? $" column {name}:" : "";

    private static string Inv(FormattableString text) => FormattableString.Invariant(text);
}
