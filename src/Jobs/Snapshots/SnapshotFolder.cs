using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>A snapshot while it is written: a folder that gets its name only when all of it is on disk.</summary>
public sealed class SnapshotFolder : IAsyncDisposable
{
    private readonly string _place;
    private readonly string _draft;
    private readonly List<SnapshotFile> _files = [];

    public SnapshotFolder(string root, long incident, int attempt)
    {
        _place = Path.Combine(root, incident.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"attempt-{attempt}"));
        _draft = _place + ".draft";
        RemoveTree(_draft);
        Directory.CreateDirectory(_draft, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public IReadOnlyList<SnapshotFile> Files => _files;

    public async Task AddAsync(string name, string source, Func<Stream, Task> write, CancellationToken cancel)
    {
        var path = Path.Combine(_draft, name);
        using var hash = SHA256.Create();
        long bytes;
        await using (var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        {
            await using (var hashed = new CryptoStream(file, hash, CryptoStreamMode.Write, leaveOpen: true))
            {
                await write(hashed).ConfigureAwait(false);
                await hashed.FlushFinalBlockAsync(cancel).ConfigureAwait(false);
            }
            file.Flush(flushToDisk: true);
            bytes = file.Length;
        }
        _files.Add(new(name, source, bytes, Convert.ToHexStringLower(hash.Hash!)));
    }

    public async Task<TakenSnapshot> FinishAsync(SnapshotManifest manifest, string statement, CancellationToken cancel)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(manifest, LedgerJson.Options);
        await AddAsync(SnapshotManifest.FileName, "this snapshot", s => s.WriteAsync(bytes, cancel).AsTask(), cancel).ConfigureAwait(false);
        // the copy is to be found by its name, whatever becomes of this machine, before anything is changed
        await Programs.TryRunAsync(["sync", _draft], cancel).ConfigureAwait(false);
        var place = Named();
        await Programs.TryRunAsync(["sync", Path.GetDirectoryName(place)!, Path.GetDirectoryName(Path.GetDirectoryName(place)!)!], cancel).ConfigureAwait(false);
        return new(manifest.Kind, place, _files.Sum(f => f.Bytes), Convert.ToHexStringLower(SHA256.HashData(bytes)), System.Text.Encoding.UTF8.GetString(bytes), statement);
    }

    /// <summary>Beside what is there already, and never over it: incidents count from 1 again in a ledger that was made anew, and an attempt that was put off has the same number again.</summary>
    private string Named()
    {
        for (var number = 1; ; number++)
        {
            var place = number == 1 ? _place : string.Create(CultureInfo.InvariantCulture, $"{_place}.{number}");
            if (Path.Exists(place))
            {
                continue;
            }
            try
            {
                Directory.Move(_draft, place);
                return place;
            }
            catch (IOException) when (Path.Exists(place))
            {
                // somebody came first
            }
        }
    }

    public ValueTask DisposeAsync()
    {
        RemoveTree(_draft);
        return ValueTask.CompletedTask;
    }

    public static void RemoveTree(string place)
    {
        if (Directory.Exists(place))
        {
            Directory.Delete(place, recursive: true);
        }
    }

    /// <summary>What lies below a directory, links not followed.</summary>
    public static long BytesOf(string place) => !Directory.Exists(place) ? 0
        : new DirectoryInfo(place).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Sum(f => f.Length);

    internal static HealingException Full(string root, long? needed, Exception? inner = null) => new(
        $"no room for the snapshot in {root}: {(needed is { } bytes ? $"{bytes >> 10} kB are needed" : "the disk is full")}",
        "Free space there, or set state_directory to a larger disk; then `healing incidents reopen` the incident.", inner);
}
