using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Makes the report of a check by amcheck from its verdicts.</summary>
internal static class BtreeReport
{
    private const int ReasonsShown = 5;

    /// <param name="controlled">The configuration says where the server's files are here, so that it may be ours to stop and start.</param>
    public static CheckReport Of(string check, TargetFacts facts, AmcheckCall call, IReadOnlyList<BtreeVerdict> verdicts, DeadlyReads deadly, bool controlled, TimeSpan elapsed)
    {
        var findings = verdicts.Where(v => v.Outcome == BtreeOutcome.Damaged).Select(v => FindingOf(check, facts, controlled, v)).Concat(deadly.Findings)
            .DistinctBy(f => f.Fingerprint, StringComparer.Ordinal).OrderBy(f => f.Object.Quoted, StringComparer.Ordinal).ToList();
        var open = verdicts.Where(v => v.Outcome is BtreeOutcome.NotExamined or BtreeOutcome.Failed or BtreeOutcome.Forbidden).ToList();
        var status = findings.Count > 0 ? CheckStatus.Damaged
            : open.Count == 0 ? CheckStatus.Clean
            : open.All(v => v.Outcome == BtreeOutcome.Forbidden) ? CheckStatus.Unavailable
            : CheckStatus.Failed;
        // A sound index was compared with every row of its table, so the table was read as well.
        var examined = verdicts.Where(v => v.Outcome == BtreeOutcome.Sound).SelectMany(v => call.ReadsTable ? new[] { v.Index.Name, v.Index.Table } : [v.Index.Name])
            .Concat(verdicts.Where(v => v.Of is not null).Select(v => v.Of!)).Except(deadly.Met).Distinct().ToList();
        return new(check, status, elapsed, Reason(facts, call, open, deadly), findings, [.. examined.Select(e => e.Oid)]) { ExaminedNames = [.. examined.Select(e => e.Quoted)] };
    }

    private static string? Reason(TargetFacts facts, AmcheckCall call, List<BtreeVerdict> open, DeadlyReads deadly) =>
        string.Join("; ", new[] { Reason(facts, call, open), deadly.Reason }.OfType<string>()) is { Length: > 0 } reason ? reason : null;

    private static string? Reason(TargetFacts facts, AmcheckCall call, List<BtreeVerdict> open) =>
        open.Count == 0 ? null
        : open.Find(v => v.Outcome == BtreeOutcome.Forbidden) is not null ? BtreeList.Ungranted(facts, facts.SchemaOf("amcheck") ?? "public", call)
        : $"{open.Count} index(es) not examined: " + string.Join("; ", open.Take(ReasonsShown).Select(v => v.Why!.Contains(v.Index.Quoted, StringComparison.Ordinal) ? v.Why : $"{v.Index.Quoted}: {v.Why}"))
            + (open.Count > ReasonsShown ? "; ..." : "");

    internal static Finding FindingOf(string check, TargetFacts facts, bool controlled, BtreeVerdict verdict)
    {
        var index = verdict.Index;
        var finding = Finding.Of(check, verdict.Kind!, facts.Id, verdict.Of!, verdict.Why!) with
        {
            Evidence = new JsonObject
            {
                ["sqlstate"] = verdict.Error!.SqlState,
                ["message"] = verdict.Error.MessageText,
                ["server_detail"] = verdict.Error.Detail,
                ["table"] = index.TableQuoted,
                ["table_oid"] = index.TableOid,
                ["verified_index"] = index.Quoted,
            },
        };
        foreach (var (name, value) in verdict.Evidence ?? [])
        {
            finding.Evidence[name] = value?.DeepClone();
        }
        return verdict.Of!.Oid != index.Oid || verdict.Kind == FindingKind.HeapValueSuspect ? finding
            : index.IsCritical ? finding with
            {
                Repair = controlled ? "rebuild_critical_index" : null,
                Risk = controlled ? RiskClass.Manual : null,
                Detail = $"{finding.Detail}. New sessions or other databases need this index: {CriticalIndex.Commands(facts.Database, index.Quoted, facts.DataDirectory)}",
            }
            : index.IsCatalog || index.IsExclusion ? finding with { Repair = "rebuild_index_locking", Risk = RiskClass.LosslessLocking }
            : finding;
    }
}
