using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Where in a table an incident lies, by its evidence.</summary>
/// <param name="Block">Null where it is the whole table.</param>
public sealed record BlockDamage(long Table, long? Block, IReadOnlyList<int> Offsets)
{
    public static BlockDamage Of(Incident incident)
    {
        var evidence = JsonNode.Parse(incident.Evidence) as JsonObject ?? [];
        return new((long?)evidence["table_oid"] ?? incident.Object.Oid, (long?)evidence["block"],
            [.. (evidence["offsets"] as JsonArray ?? []).Select(o => (int)o!)]);
    }
}
