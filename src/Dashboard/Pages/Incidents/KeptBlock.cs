using System.Globalization;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Dashboard.Pages.Incidents;

/// <summary>Where in a snapshot the block lies that an incident is about.</summary>
/// <param name="Number">Of the block in its relation.</param>
/// <param name="Page">Of the page in the file: a relation is cut into files of 1 GB.</param>
internal sealed record KeptBlock(long Number, string File, long Page)
{
    /// <summary>Null where its evidence names no block, or the snapshot does not hold it.</summary>
    public static KeptBlock? Of(SnapshotManifest manifest, Incident incident)
    {
        if (BlockOf(incident.Evidence) is not { } block)
            return null;
        var (segment, page) = Math.DivRem(block, RelationFile.BlocksPerSegment);
        var path = manifest.Relations.FirstOrDefault(r => r.Oid == incident.Object.Oid)?.Path;
        var source = segment == 0 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{segment}");
        if (path is not null && manifest.Files.FirstOrDefault(f => f.Source == source && page < f.Bytes / PageHeader.BlockSize) is { } file)
            return new(block, file.Name, page);
        // a page of its own, from a server that gave no files
        var single = string.Create(CultureInfo.InvariantCulture, $"{incident.Object.Oid}_{block}.page");
        return manifest.Files.Any(f => f.Name == single) ? new(block, single, 0) : null;
    }

    public string Address(long incident, long snapshot) =>
        string.Create(CultureInfo.InvariantCulture, $"/incidents/{incident}/snapshots/{snapshot}?file={Uri.EscapeDataString(File)}&block={Page}");

    /// <summary>The first, where there are more.</summary>
    private static long? BlockOf(string evidence)
    {
        var known = JsonNode.Parse(evidence) as JsonObject;
        var block = known?["block"] ?? (known?["blocks"] as JsonArray)?.FirstOrDefault();
        return block is JsonValue value && value.TryGetValue(out long number) && number >= 0 ? number : null;
    }
}
