using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Worker.Commands;

/// <summary>A snapshot as a person is shown it.</summary>
internal sealed record SnapshotView(long Id, int Attempt, string Kind, string Place, string Host, long Bytes, DateTimeOffset TakenAt, DateTimeOffset ExpiresAt, DateTimeOffset? RemovedAt, string? Restore)
{
    public static SnapshotView Of(SnapshotRow row) =>
        new(row.Id, row.Attempt, row.Kind, row.Place, row.Host, row.Bytes, row.TakenAt, row.ExpiresAt, row.RemovedAt, (string?)JsonNode.Parse(row.Manifest)?["restore"]);
}
