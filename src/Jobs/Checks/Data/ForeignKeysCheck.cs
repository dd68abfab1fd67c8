using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Rows that point at nothing, by the foreign keys of the catalogue and by those of the rules.</summary>
public sealed class ForeignKeysCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "foreign_keys", "Compares every table that points at another with that other, row by row and without any index: a key that is called valid is never looked at again by the server itself.", "db.orphan_cleanup",
        "Reads every table with a foreign key and the tables that it points at, in pieces.", "ACCESS SHARE.",
        "SELECT on these tables (pg_read_all_data), and BYPASSRLS where they have row security.",
        "Keys that are NOT VALID, unless a rule names them; keys over periods; keys to and from foreign tables; tables that inherit from the one that points; keys whose tables are being loaded (COPY, pg_restore, a subscription that is not in step yet).",
        [FindingKind.OrphanRows, FindingKind.DeadlyRead])
    {
        Reach = CheckReach.Table,
    };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        var deadly = await DeadlyReads.OpenAsync(Description.Name, request, facts, cancel).ConfigureAwait(false);
        var look = new DataLook(Description, deadly);
        if (request.Scope.Indexes is not null)
        {
            return look.Report(elapsed());
        }
        var keys = await DeclaredKeys.OfAsync(request.Target, request.Scope.Table, (about, e) => look.Trouble(about, $"{e.Message} ({e.Hint})"), cancel).ConfigureAwait(false);
        foreach (var (key, done) in keys.Select((k, i) => (k, i)))
        {
            request.Progress?.Report(new(Description.Name, done, keys.Count, key.Key.Label));
            await look.AtAsync(key.Key.ChildName, key.Key.Label, () => LookAsync(request, deadly, facts.Id, key, cancel),
                WhyNot(deadly, key.Key),
                (key.Rule?.Where ?? "").Length == 0 ? request.Target : null).ConfigureAwait(false);
        }
        return look.Report(elapsed(), new Dictionary<string, double>(StringComparer.Ordinal) { ["orphans"] = look.Rows });
    }, cancel);

    private static string? WhyNot(DeadlyReads deadly, ForeignKey key) =>
        deadly.WhyNotAtAll(key.ChildName) is { } child ? $"{key.ChildQuoted}: {child}"
        : deadly.WhyNotAtAll(key.ParentName) is { } parent ? $"{key.ParentQuoted}, which {key.ChildQuoted} points at: {parent}"
        : key.WhyNot;

    private async Task<Finding?> LookAsync(CheckRequest request, DeadlyReads deadly, TargetId target, DeclaredKey declared, CancellationToken cancel)
    {
        var key = declared.Key;
        var (known, unreadable) = (0L, (string?)null);
        var orphans = await new RowScan(request.Target, request.Throttle, deadly).RunAsync(key.ChildName, declared.Test, cancel,
            async (leaf, rows) =>
            {
                if (unreadable is not null)
                {
                    // asked once in vain
                    return;
                }
                var said = await ParentIndex.AskAsync(request.Target, key, leaf.Name.Quoted, [.. rows.Select(r => r.Ctid)], cancel, deadly).ConfigureAwait(false);
                (known, unreadable) = (known + said.Known, said.Unreadable);
            }).ConfigureAwait(false);
        if (orphans.Count == 0)
        {
            return null;
        }
        var finding = Finding.Of(Description.Name, FindingKind.OrphanRows, target, key.ChildName, "", declared.Part) with
        {
            Evidence = new JsonObject
            {
                ["constraint"] = key.Name,
                ["constraint_oid"] = key.Oid,
                ["table"] = key.ChildQuoted,
                ["table_oid"] = key.Child,
                ["columns"] = new JsonArray([.. key.ChildColumns.Select(c => (JsonNode)c)]),
                ["parent"] = key.ParentQuoted,
                ["parent_oid"] = key.Parent,
                ["parent_columns"] = new JsonArray([.. key.ParentColumns.Select(c => (JsonNode)c)]),
                ["part"] = declared.Part,
                ["on_orphan"] = declared.Action.ToString().ToLowerInvariant(),
                ["declared"] = declared.Rule is not null,
                ["count"] = orphans.Count,
                ["known_to_parent_index"] = known,
                ["parent_unreadable"] = unreadable,
                ["samples"] = DataLook.Samples(key.ChildColumns, orphans.Rows),
            },
        };
        var detail = $"{orphans.Count} row(s) point at rows of {key.ParentQuoted} that do not exist ({key.Label})" + (unreadable is null ? "" : $"; whether {key.ParentQuoted} has lost them cannot be told: {unreadable}");
        return known > 0 ? finding with
        {
            Repair = null,
            Risk = null,
            Severity = Severity.Critical,
            Detail = $"{detail}, but an index of {key.ParentQuoted} still knows {known} of the keys looked up: {key.ParentQuoted} has lost rows, and what points at them is left alone until it has them back",
        }
            : key.IsSubscribed ? finding with { Detail = $"{detail}; {ForeignKey.OfPublisher}", Repair = null, Risk = null }
            : declared.Action switch
            {
                RuleAction.Nullify => finding with { Detail = detail, Repair = "nullify_orphans" },
                RuleAction.Quarantine => finding with { Detail = detail },
                _ => finding with { Detail = $"{detail}; its rule says that this is only told", Repair = null, Risk = null },
            };
    }
}
