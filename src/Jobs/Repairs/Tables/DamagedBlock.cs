using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>The table and the block of it that an incident is about, as they are now.</summary>
public sealed record DamagedBlock(TableLook Table, long Block)
{
    /// <summary>The block by the evidence; null where it is the whole table.</summary>
    public static long? NumberOf(Incident incident) => (long?)JsonNode.Parse(incident.Evidence)?["block"];

    /// <summary>Null when the table is gone, or no longer reaches so far.</summary>
    public static async Task<DamagedBlock?> FindAsync(RepairSession session, Incident incident, CancellationToken cancel) =>
        await TableLook.AtAsync(session.Connection, incident.TableOid, cancel).ConfigureAwait(false) is { } table && NumberOf(incident) is { } block && block < table.Blocks
            ? new(table, block)
            : null;
}
