using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Says what held: rows that an index lacks, pages of it that are no more, and rows that only indexes still know of.</summary>
internal static class ProbeFindings
{
    private const int Shown = 100;

    public static IEnumerable<Finding> Of(string check, TargetFacts facts, IReadOnlyList<ProbedIndex> all, IReadOnlyList<IndexSuspects> held)
    {
        foreach (var s in held)
        {
            if (s.Broken.Count > 0)
            {
                yield return About(check, facts, s.Index, FindingKind.IndexCorrupt,
                    $"{s.Broken.Count} page(s) of it hold nothing though others lead to them, nothing that makes sense, keys out of their order, or something else than their checksum says; the first is block {s.Broken.Min()}", s.Broken.Order().Select(b => (JsonNode)(long)b), "blocks");
            }
            if (s.Doubted is { } row)
            {
                yield return Finding.Of(check, FindingKind.HeapValueSuspect, facts.Id, s.Index.Name,
                    $"row {row.Row} of {s.Index.TableQuoted} says {row.InTable}, and {s.Index.Quoted} holds {row.InIndex}: one of the two was changed behind the server's back, and nothing here tells which") with
                {
                    Evidence = new JsonObject { ["table"] = s.Index.TableQuoted, ["table_oid"] = s.Index.TableOid, ["row"] = row.Row.ToString(), ["in_table"] = row.InTable, ["in_index"] = row.InIndex },
                };
            }
            else if (s.Missing.Count > 0)
            {
                yield return About(check, facts, s.Index, FindingKind.IndexIncomplete,
                    $"{Number(s.Missing.Count)} row(s) of {s.Index.TableQuoted} {(s.Index.IsBrin ? "are outside what it says of their blocks" : "are not in it, or not under each of their keys")}, among them {First(s.Missing.Keys)}", s.Missing.Keys.Select(r => (JsonNode)r.ToString()), "ctids");
            }
        }
        foreach (var table in held.Where(s => s.Dangling.Count > 0).GroupBy(s => s.Index.TableOid))
        {
            // every row is in a whole index: one that stands alone with its claim is itself at fault, unless all of the block is no more: then the others
            // were built after the loss. Two do not err to the same place. Where there is no whole one, one that leads astray and lacks rows does not lead to lost ones
            var whole = all.Where(i => i.TableOid == table.Key && i.Predicate is null && i.Method is "btree" or "gist" or "spgist").ToList();
            var isCredible = whole.Count > 0 || table.All(s => s.Missing.Count + s.Broken.Count == 0);
            var lost = table.SelectMany(s => s.Dangling).Distinct()
                .Where(row => (isCredible && whole.TrueForAll(w => table.Any(s => s.Index == w && s.Dangling.Contains(row)))) || table.Any(s => s.Gone.Contains(row.Block) && s.Dangling.Contains(row))
                    || table.Count(s => s.Dangling.Contains(row)) > 1).ToHashSet();
            if (lost.Count > 0)
            {
                yield return Lost(check, facts, table, lost);
            }
            foreach (var s in table.Where(s => s.Dangling.Any(row => !lost.Contains(row))))
            {
                var alone = s.Dangling.Where(row => !lost.Contains(row)).ToList();
                yield return About(check, facts, s.Index, s.Index.IsBtree ? FindingKind.BtreeCorrupt : FindingKind.IndexCorrupt,
                    $"{Number(alone.Count)} of its entries point at nothing, among them {First(alone)}, and no other index of {s.Index.TableQuoted} knows of such rows", alone.Select(r => (JsonNode)r.ToString()), "ctids");
            }
        }
    }

    private static Finding Lost(string check, TargetFacts facts, IEnumerable<IndexSuspects> table, IReadOnlySet<HeapPlace> rows)
    {
        var index = table.First().Index;
        var keys = table.Where(s => s.Index.IsBtree).Select(s => (s.Index.Quoted, Keys: s.Entries.Where(e => rows.Contains(e.Key)).OrderBy(e => (e.Key.Block, e.Key.Offset)).Take(Shown)
            .Select(e => (JsonNode)$"{e.Key}: {KeyText.Of(s.Index, e.Value)}")));
        var blocks = rows.Select(r => r.Block).Distinct().Order().ToList();
        return Finding.Of(check, FindingKind.HeapRowsLost, facts.Id, index.Table,
            $"{Number(rows.Count)} row(s) in {blocks.Count} block(s) are still in indexes and no longer in the table, among them {First(rows)}. Do not VACUUM or REINDEX it: the indexes are the last trace of them") with
        {
            Evidence = new JsonObject
            {
                ["table"] = index.TableQuoted,
                ["table_oid"] = index.TableOid,
                ["rows"] = rows.Count,
                ["blocks_gone"] = blocks.Count(b => table.Any(s => s.Gone.Contains(b))),
                ["blocks"] = new JsonArray([.. blocks.Take(Shown).Select(b => (JsonNode)(long)b)]),
                ["ctids"] = new JsonArray([.. rows.OrderBy(r => (r.Block, r.Offset)).Take(Shown).Select(r => (JsonNode)r.ToString())]),
                ["keys"] = new JsonObject(keys.Select(k => KeyValuePair.Create(k.Quoted, (JsonNode?)new JsonArray([.. k.Keys])))),
            },
        };
    }

    private static Finding About(string check, TargetFacts facts, ProbedIndex index, FindingKind kind, string detail, IEnumerable<JsonNode> places, string named)
    {
        var finding = Finding.Of(check, kind, facts.Id, index.Name, detail) with
        {
            Evidence = new JsonObject { ["table"] = index.TableQuoted, ["table_oid"] = index.TableOid, ["method"] = index.Method, [named] = new JsonArray([.. places.Take(Shown)]) },
        };
        return index.IsExclusion ? finding with { Repair = "rebuild_index_locking", Risk = RiskClass.LosslessLocking } : finding;
    }

    private static string First(IEnumerable<HeapPlace> rows) => rows.MinBy(r => (r.Block, r.Offset)).ToString();

    private static string Number(int count) => count < IndexSuspects.Most ? $"{count}" : $"{count} or more";
}
