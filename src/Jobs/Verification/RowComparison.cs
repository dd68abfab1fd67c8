using System.Text.Json.Nodes;

namespace HealingWorkers.Jobs.Verification;

/// <summary>Compares the ledger's rows of today with those in a receipt, column by column of those that the receipt has.</summary>
public static class RowComparison
{
    /// <param name="closed">The incident was closed with this receipt, so that its own row may not have changed since.</param>
    public static IEnumerable<string> Differences(JsonObject then, JsonObject now, bool closed)
    {
        if (now.Count == 0)
        {
            return ["the incident is gone from the ledger"];
        }
        var target = Columns("targets", then["target"], now["target"]);
        var incident = closed ? Columns("incidents", then["incident"], now["incident"]) : [];
        return [.. target, .. incident, .. Rows("attempts", "number", then, now), .. Rows("snapshots", "id", then, now), .. Rows("audit_log", "id", then, now)];
    }

    private static IEnumerable<string> Rows(string table, string key, JsonObject then, JsonObject now)
    {
        var present = (now[table] as JsonArray ?? []).ToDictionary(r => r![key]!.ToJsonString(), r => r, StringComparer.Ordinal);
        foreach (var row in then[table] as JsonArray ?? [])
        {
            var id = row![key]!.ToJsonString();
            if (!present.TryGetValue(id, out var today))
            {
                yield return $"{table} {id} is gone";
                continue;
            }
            foreach (var difference in Columns($"{table} {id}", row, today))
            {
                yield return difference;
            }
        }
    }

    private static IEnumerable<string> Columns(string what, JsonNode? then, JsonNode? now) =>
        then is not JsonObject columns ? [] : columns.Where(c => !JsonNode.DeepEquals(c.Value, now?[c.Key])).Select(c => $"{what}: {c.Key} has been changed");
}
