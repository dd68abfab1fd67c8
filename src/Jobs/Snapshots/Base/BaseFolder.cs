using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>A copy of a server while it is made: it gets its name only when all of it is on disk.</summary>
internal sealed class BaseFolder : IAsyncDisposable
{
    public const string Draft = ".draft";
    public const string ListFile = "files.json";
    public const string WalListFile = "wal.json";
    private const UnixFileMode Ours = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private readonly string _place;
    private readonly string _draft;

    public BaseFolder(string root, string name)
    {
        _place = Path.Combine(root, name);
        _draft = _place + Draft;
        Directory.CreateDirectory(_draft, Ours);
    }

    public string Data => Path.Combine(_draft, "data");

    public string Tablespace(uint oid) => Path.Combine(_draft, "tablespaces", oid.ToString(System.Globalization.CultureInfo.InvariantCulture));

    public FileList List { get; } = new();

    /// <summary>So much lies in it by now.</summary>
    public long Bytes() => SnapshotFolder.BytesOf(_draft);

    /// <summary>Lists the WAL, which the list of pg_basebackup leaves out.</summary>
    public async Task ListWalAsync(CancellationToken cancel)
    {
        var list = new FileList();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Data, "pg_wal")).Order(StringComparer.Ordinal))
        {
            var hash = await FileHash.OfAsync(file, cancel).ConfigureAwait(false);
            list.Add("pg_wal/" + Path.GetFileName(file), hash.Length, hash.Bytes);
        }
        await File.WriteAllBytesAsync(Path.Combine(_draft, WalListFile), JsonSerializer.SerializeToUtf8Bytes(list), cancel).ConfigureAwait(false);
    }

    /// <summary>Links that lead nowhere else, wherever the folder is.</summary>
    public void LinkTablespaces(IEnumerable<uint> oids)
    {
        foreach (var oid in oids)
        {
            var link = Path.Combine(Data, "pg_tblspc", oid.ToString(System.Globalization.CultureInfo.InvariantCulture));
            File.Delete(link);
            Directory.CreateSymbolicLink(link, Path.Combine("..", "..", "tablespaces", Path.GetFileName(link)));
        }
    }

    /// <summary>Away with what a way that led nowhere has left.</summary>
    public void Clear()
    {
        SnapshotFolder.RemoveTree(_draft);
        Directory.CreateDirectory(_draft, Ours);
    }

    public async Task<TakenBase> FinishAsync(SnapshotManifest manifest, BaseSnapshot kind, string script, CancellationToken cancel)
    {
        var own = Path.Combine(Data, "backup_manifest");
        var list = File.Exists(own) ? "data/backup_manifest" : ListFile;
        if (list == ListFile)
        {
            await File.WriteAllBytesAsync(Path.Combine(_draft, ListFile), JsonSerializer.SerializeToUtf8Bytes(List), cancel).ConfigureAwait(false);
        }
        await File.WriteAllTextAsync(Path.Combine(_draft, "restore.sh"), script, cancel).ConfigureAwait(false);
        var bytes = Bytes();
        var restore = $"sh '{_place}/restore.sh' NEW_DIRECTORY PORT";
        IReadOnlyList<SnapshotFile> files = [await FileAsync("restore.sh", cancel).ConfigureAwait(false), await FileAsync(list, cancel).ConfigureAwait(false), .. manifest.WalList is { } wal ? [await FileAsync(wal, cancel).ConfigureAwait(false)] : Array.Empty<SnapshotFile>()];
        var json = JsonSerializer.SerializeToUtf8Bytes(manifest with { Files = files, List = list, Restore = restore }, LedgerJson.Options);
        await File.WriteAllBytesAsync(Path.Combine(_draft, SnapshotManifest.FileName), json, cancel).ConfigureAwait(false);
        await Programs.TryRunAsync(["sync", "-f", _draft], cancel).ConfigureAwait(false);
        Directory.Move(_draft, _place);
        return new(kind, _place, bytes, Convert.ToHexStringLower(SHA256.HashData(json)), Encoding.UTF8.GetString(json), restore, manifest.Way);
    }

    public ValueTask DisposeAsync()
    {
        SnapshotFolder.RemoveTree(_draft);
        return ValueTask.CompletedTask;
    }

    private async Task<SnapshotFile> FileAsync(string name, CancellationToken cancel)
    {
        var hash = await FileHash.OfAsync(Path.Combine(_draft, name), cancel).ConfigureAwait(false);
        return new(name, "this snapshot", hash.Length, hash.Sha256);
    }
}
