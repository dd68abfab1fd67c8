using System.Text.Json;
using System.Text.Json.Serialization;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>Every file of a copied server with its hash, in the form that pg_basebackup uses, so that one reader reads both.</summary>
internal sealed class FileList
{
    /// <summary>Files that are read at once; a server may run beside it.</summary>
    private const int AtOnce = 2;

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
        var changed = new string?[files.Count];
        await Parallel.ForAsync(0, files.Count, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
            async (at, token) => changed[at] = await ChangedAsync(files[at], root, token).ConfigureAwait(false)).ConfigureAwait(false);
        return [.. changed.OfType<string>()];
    }

    private static async Task<string?> ChangedAsync(Entry file, string root, CancellationToken cancel)
    {
        if (file.Path is null)
        {
            return null;
        }
        var path = System.IO.Path.Combine(root, file.Path);
        if (!File.Exists(path))
        {
            return $"{path} is missing";
        }
        var whole = FileHash.LengthOf(path) == file.Size && (file.Algorithm != "SHA256" || (await FileHash.OfAsync(path, cancel).ConfigureAwait(false)).Sha256 == file.Checksum);
        return whole ? null : $"{path} has been changed";
    }
}
