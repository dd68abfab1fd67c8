using System.Globalization;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>
/// The order of a collation as last known, with the files of the indexes that were built in it. After a change those
/// whose file is still the same are stale; only when none is left is the new order taken over.
/// </summary>
internal sealed class CollationMemory(ICheckMemory memory, TargetId target)
{
    private const string Topic = "collation_order";

    /// <summary>Null where the order is as before or was not known; else the uses that still follow the old one.</summary>
    public async Task<IReadOnlyList<CollationUse>?> StaleAsync(CollationState collation, string order, IReadOnlyList<CollationUse> uses, CancellationToken cancel)
    {
        if (await memory.RecallAsync(target, Topic, collation.Quoted, cancel).ConfigureAwait(false) is { } text
            && JsonNode.Parse(text) is JsonObject before && before["order"]?.ToString() != order)
        {
            var files = before["files"] as JsonObject ?? [];
            var stale = uses.Where(u => u.Kind == CollationUse.PartitionKey
                || (u.Kind == CollationUse.Index && files[Key(u)] is { } file && (long)file == u.FileNode)).ToList();
            if (stale.Count > 0)
            {
                return stale;
            }
        }
        await RememberAsync(collation, order, uses, cancel).ConfigureAwait(false);
        return null;
    }

    private Task RememberAsync(CollationState collation, string order, IReadOnlyList<CollationUse> uses, CancellationToken cancel)
    {
        var files = new JsonObject();
        foreach (var use in uses.Where(u => u.Kind == CollationUse.Index))
        {
            files[Key(use)] = use.FileNode;
        }
        return memory.RememberAsync(target, Topic, collation.Quoted, new JsonObject { ["order"] = order, ["files"] = files }.ToJsonString(), cancel);
    }

    private static string Key(CollationUse use) => use.Oid.ToString(CultureInfo.InvariantCulture);
}
