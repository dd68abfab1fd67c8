using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Columns of JSON whose shape a rule describes by a JSON Schema.</summary>
public sealed class JsonCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "json", "Compares each value of a column with the JSON Schema that a rule names, off the server, and says where it goes wrong.", "db.orphan_cleanup",
        "Reads the column of each table that has such a rule, in pieces; the comparing is done here.", "ACCESS SHARE.",
        "Rules in healing.yaml; SELECT on their tables (pg_read_all_data), and BYPASSRLS where they have row security.",
        "Anything without a rule; tables that inherit from the one that a rule names; values of more than 32 MB, or nested more than 256 deep.",
        [FindingKind.JsonShapeInvalid, FindingKind.DeadlyRead])
    {
        Reach = CheckReach.Table,
    };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        var deadly = await DeadlyReads.OpenAsync(Description.Name, request, facts, cancel).ConfigureAwait(false);
        var look = new DataLook(Description, deadly);
        foreach (var rule in request.Scope.Indexes is null ? request.Target.Options.Rules.Json : [])
        {
            JsonColumn column;
            try
            {
                await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
                column = await JsonColumn.OfAsync(connection, rule, cancel).ConfigureAwait(false);
            }
            catch (HealingException e)
            {
                look.Trouble($"the rule about {rule.Column}", $"{e.Message} ({e.Hint})");
                continue;
            }
            if (request.Scope.Table is not { } only || only == column.Table.Oid)
            {
                request.Progress?.Report(new(Description.Name, 0, 1, rule.Column.ToString()));
                await look.AtAsync(column.Table.Name, rule.Column.ToString(), () => LookAsync(request, deadly, facts.Id, look, column, cancel), deadly.WhyNotRows(column.Table.Name)).ConfigureAwait(false);
            }
        }
        return look.Report(elapsed());
    }, cancel);

    private async Task<Finding?> LookAsync(CheckRequest request, DeadlyReads deadly, TargetId target, DataLook look, JsonColumn column, CancellationToken cancel)
    {
        var (count, shown, paths) = (0L, new List<WrongJson>(), new SortedDictionary<string, long>(StringComparer.Ordinal));
        var scan = new JsonScan(request.Target, request.Throttle, deadly);
        await scan.RunAsync(column, wrong =>
        {
            count++;
            var place = $"{General(wrong.Path)}: {wrong.What}";
            if (paths.Count < RowScan.MostShown || paths.ContainsKey(place))
            {
                paths[place] = paths.GetValueOrDefault(place) + 1;
            }
            if (shown.Count < RowScan.MostShown)
            {
                shown.Add(wrong);
            }
        }, cancel).ConfigureAwait(false);
        if (scan.NotLooked > 0)
        {
            look.LeftOut(column.Rule.Column.ToString(), $"{scan.NotLooked} value(s) of more than 32 MB, nested too deeply, or of bytes that are no text");
        }
        if (count == 0)
        {
            return null;
        }
        var detail = $"{count} value(s) of {column.Column} have another shape than {Path.GetFileName(column.Rule.Schema)} says, the first at {shown[0].Path} ({shown[0].What})";
        var finding = ValueFinding.Of(Description.Name, FindingKind.JsonShapeInvalid, target, column.Table, column.Rule, detail, count, Samples(column, shown));
        finding.Evidence["schema"] = column.Rule.Schema;
        finding.Evidence["paths"] = new JsonObject(paths.Select(p => KeyValuePair.Create(p.Key, (JsonNode?)p.Value)));
        return finding;
    }

    private static JsonArray Samples(JsonColumn column, IEnumerable<WrongJson> wrong)
    {
        var samples = new JsonArray();
        foreach (var one in wrong)
        {
            var row = new JsonObject();
            foreach (var (name, value) in column.Table.Key.Zip(one.Values))
            {
                row[name] = value;
            }
            samples.Add(new JsonObject { ["table"] = one.Table.Quoted, ["ctid"] = one.Ctid, ["row"] = row, ["path"] = Text.Bounded(one.Path, 200), ["what"] = one.What });
        }
        return samples;
    }

    /// <summary>Without the numbers of list items, so that a thousand wrong ratings are one line.</summary>
    private static string General(string path) => Text.Bounded(ConfigEntry.Generalise(path), 200)!;
}
