using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealingWorkers.Jobs.Backups;

/// <summary>What pg_basebackup's own manifest says of the WAL that makes the copy consistent.</summary>
internal sealed record BaseBackupManifest([property: JsonPropertyName("WAL-Ranges")] IReadOnlyList<BaseBackupManifest.Range> Ranges)
{
    public static async Task<Range> WalAsync(string data, CancellationToken cancel)
    {
        await using var file = File.OpenRead(Path.Combine(data, "backup_manifest"));
        return (await JsonSerializer.DeserializeAsync<BaseBackupManifest>(file, cancellationToken: cancel).ConfigureAwait(false))!.Ranges[^1];
    }

    internal sealed record Range([property: JsonPropertyName("Timeline")] uint Timeline, [property: JsonPropertyName("Start-LSN")] string Start, [property: JsonPropertyName("End-LSN")] string End);
}
