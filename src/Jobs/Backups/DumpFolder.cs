using System.Security.Cryptography;
using System.Text.Json;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>A directory with one archive of pg_dump: it gets its name only when all of it is on disk.</summary>
internal sealed class DumpFolder : IAsyncDisposable
{
    public const string Archive = "database.dump";
    private const UnixFileMode Ours = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _place;
    private readonly string _draft;

    public DumpFolder(string place)
    {
        (_place, _draft) = (place, place + BaseFolder.Draft);
        Directory.CreateDirectory(_draft, Ours);
    }

    public string File => Path.Combine(_draft, Archive);

    public long Bytes() => SnapshotFolder.BytesOf(_draft);

    /// <summary>The hash of the manifest.</summary>
    public async Task<string> FinishAsync(SnapshotManifest manifest, CancellationToken cancel)
    {
        var archive = await FileHash.OfAsync(File, cancel).ConfigureAwait(false);
        var json = JsonSerializer.SerializeToUtf8Bytes(manifest with { Files = [new(Archive, "pg_dump", archive.Length, archive.Sha256)] }, LedgerJson.Options);
        await System.IO.File.WriteAllBytesAsync(Path.Combine(_draft, SnapshotManifest.FileName), json, cancel).ConfigureAwait(false);
        await Programs.TryRunAsync(["sync", "-f", _draft], cancel).ConfigureAwait(false);
        Directory.Move(_draft, _place);
        return Convert.ToHexStringLower(SHA256.HashData(json));
    }

    public ValueTask DisposeAsync()
    {
        SnapshotFolder.RemoveTree(_draft);
        return ValueTask.CompletedTask;
    }
}
