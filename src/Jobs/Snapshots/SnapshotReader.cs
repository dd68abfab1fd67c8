using System.Security.Cryptography;
using System.Text.Json;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>Reads a snapshot back and names every file that is not what the ledger says.</summary>
public static class SnapshotReader
{
    public static async Task<IReadOnlyList<string>> ChangedAsync(string place, string sha256, CancellationToken cancel)
    {
        var path = Path.Combine(place, SnapshotManifest.FileName);
        if (!File.Exists(path))
        {
            return [$"{path} is missing"];
        }
        var bytes = await File.ReadAllBytesAsync(path, cancel).ConfigureAwait(false);
        if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != sha256)
        {
            return [$"{path} has been changed"];
        }
        var manifest = JsonSerializer.Deserialize<SnapshotManifest>(bytes, LedgerJson.Options)!;
        var changed = new List<string>();
        foreach (var file in manifest.Files)
        {
            var at = Path.Combine(place, file.Name);
            if (!File.Exists(at))
            {
                changed.Add($"{at} is missing");
                continue;
            }
            if ((await FileHash.OfAsync(at, cancel).ConfigureAwait(false)).Sha256 != file.Sha256)
            {
                changed.Add($"{at} has been changed");
            }
        }
        foreach (var list in changed.Count == 0 ? new[] { manifest.List, manifest.WalList } : [])
        {
            if (list is not null)
            {
                changed.AddRange(await FileList.ChangedAsync(Path.Combine(place, list), Path.Combine(place, "data"), cancel).ConfigureAwait(false));
            }
        }
        var known = manifest.Files.Select(f => f.Name).Append(SnapshotManifest.FileName).ToHashSet(StringComparer.Ordinal);
        changed.AddRange(Directory.EnumerateFiles(place).Where(f => !known.Contains(Path.GetFileName(f))).Select(f => $"{f} has been added"));
        return changed;
    }
}
