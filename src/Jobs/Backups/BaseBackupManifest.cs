using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealingWorkers.Jobs.Backups;

/// <summary>What pg_basebackup's own manifest says of the WAL that makes the copy consistent.</summary>
internal sealed record BaseBackupManifest([property: JsonPropertyName("WAL-Ranges")] IReadOnlyList<BaseBackupManifest.Range>? Ranges)
{
    /// <summary>The ranges of WAL, one a timeline; none where there is no manifest, or it says nothing that can be read.</summary>
    public static async Task<IReadOnlyList<Range>> WalAsync(string data, CancellationToken cancel)
    {
        var path = Path.Combine(data, "backup_manifest");
        if (!File.Exists(path))
        {
            return [];
        }
        await using var file = File.OpenRead(path);
        try
        {
            return (await JsonSerializer.DeserializeAsync<BaseBackupManifest>(file, cancellationToken: cancel).ConfigureAwait(false))?.Ranges ?? [];
        }
        catch (JsonException)
        {
            return [];
        }
    }

    internal sealed record Range([property: JsonPropertyName("Timeline")] uint Timeline, [property: JsonPropertyName("Start-LSN")] string Start, [property: JsonPropertyName("End-LSN")] string End);
}
