using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>Every file of a copied server with its hash, in the form that pg_basebackup uses, so that one reader reads both.</summary>
internal sealed class FileList
{
    [JsonPropertyName("Files")]
    public List<Entry> Files { get; init; } = [];

    internal sealed record Entry([property: JsonPropertyName("Path")] string? Path, [property: JsonPropertyName("Size")] long Size,
        [property: JsonPropertyName("Checksum-Algorithm")] string? Algorithm, [property: JsonPropertyName("Checksum")] string? Checksum);

    public void Add(string path, long size, byte[] sha256) => Files.Add(new(path, size, "SHA256", Convert.ToHexStringLower(sha256)));

    /// <summary>What is not as the list says; names are told from <paramref name="root"/>.</summary>
    public static async Task<IReadOnlyList<string>> ChangedAsync(string list, string root, CancellationToken cancel)
    {
        await using var text = File.OpenRead(list);
        var files = (await JsonSerializer.DeserializeAsync<FileList>(text, cancellationToken: cancel).ConfigureAwait(false))!.Files;
        var changed = new List<string>();
        foreach (var file in files.Where(f => f.Path is not null))
        {
            var path = System.IO.Path.Combine(root, file.Path!);
            if (!File.Exists(path))
            {
                changed.Add($"{path} is missing");
                continue;
            }
            await using var stream = File.OpenRead(path);
            if (stream.Length != file.Size || (file.Algorithm == "SHA256" && Convert.ToHexStringLower(await SHA256.HashDataAsync(stream, cancel).ConfigureAwait(false)) != file.Checksum))
            {
                changed.Add($"{path} has been changed");
            }
        }
        return changed;
    }
}
