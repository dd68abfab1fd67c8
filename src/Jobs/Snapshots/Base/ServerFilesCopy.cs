using System.Security.Cryptography;
using System.Text.RegularExpressions;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>Copies the files of a data directory, with their hashes; what only a running server needs stays behind.</summary>
internal sealed partial class ServerFilesCopy(BaseFolder into)
{
    private const int Piece = 1 << 20;

    /// <summary>Their directories must be there, empty.</summary>
    private static readonly HashSet<string> Emptied = new(StringComparer.Ordinal)
    {
        "pg_dynshmem", "pg_notify", "pg_replslot", "pg_serial", "pg_snapshots", "pg_stat_tmp", "pg_subtrans",
    };

    /// <param name="wal">Which files of pg_wal go along.</param>
    public async Task RunAsync(string dataDirectory, IReadOnlyList<(uint Oid, string Path)> tablespaces, Func<string, bool> wal, CancellationToken cancel)
    {
        await DirectoryAsync(dataDirectory, into.Data, "", wal, cancel).ConfigureAwait(false);
        foreach (var (oid, path) in tablespaces)
        {
            await DirectoryAsync(path, into.Tablespace(oid), $"pg_tblspc/{oid}/", wal, cancel).ConfigureAwait(false);
        }
        into.LinkTablespaces(tablespaces.Select(t => t.Oid));
    }

    /// <summary>The WAL of an online copy: what was written between its begin and its end, taken at its end.</summary>
    public async Task WalAsync(string dataDirectory, Func<string, bool> wal, CancellationToken cancel)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(dataDirectory, "pg_wal")).Where(f => wal(Path.GetFileName(f))).Order(StringComparer.Ordinal).ToList())
        {
            await FileAsync(file, Path.Combine(into.Data, "pg_wal", Path.GetFileName(file)), "pg_wal/" + Path.GetFileName(file), cancel).ConfigureAwait(false);
        }
    }

    public async Task WriteAsync(string name, string text, CancellationToken cancel)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        await File.WriteAllBytesAsync(Path.Combine(into.Data, name), bytes, cancel).ConfigureAwait(false);
        into.List.Add(name, bytes.Length, SHA256.HashData(bytes));
    }

    private async Task DirectoryAsync(string from, string to, string name, Func<string, bool> wal, CancellationToken cancel)
    {
        Directory.CreateDirectory(to);
        foreach (var entry in new DirectoryInfo(from).EnumerateFileSystemInfos().OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var target = Path.Combine(to, entry.Name);
            var path = name + entry.Name;
            if (Temporary().IsMatch(entry.Name) || (name.Length == 0 && entry.Name is "postmaster.pid" or "postmaster.opts" or "current_logfiles" or "backup_label.old" or "tablespace_map.old"))
            {
                continue;
            }
            if (name == "pg_tblspc/" || entry is DirectoryInfo && name.Length == 0 && Emptied.Contains(entry.Name))
            {
                // The links of tablespaces are made anew, to their copies.
                Directory.CreateDirectory(name == "pg_tblspc/" ? to : target);
            }
            else if (entry is DirectoryInfo || Directory.Exists(entry.FullName))
            {
                await DirectoryAsync(entry.FullName, target, path + "/", wal, cancel).ConfigureAwait(false);
            }
            else if (name != "pg_wal/" || wal(entry.Name))
            {
                await FileAsync(entry.FullName, target, path, cancel).ConfigureAwait(false);
            }
        }
    }

    private async Task FileAsync(string from, string to, string name, CancellationToken cancel)
    {
        var buffer = new byte[Piece];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long size = 0;
        try
        {
            await using var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            await using var copy = new FileStream(to, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
            for (int read; (read = await source.ReadAsync(buffer, cancel).ConfigureAwait(false)) > 0; size += read)
            {
                hash.AppendData(buffer.AsSpan(0, read));
                await copy.WriteAsync(buffer.AsMemory(0, read), cancel).ConfigureAwait(false);
            }
        }
        catch (FileNotFoundException)
        {
            // dropped meanwhile: its WAL goes along
            return;
        }
        into.List.Add(name, size, hash.GetHashAndReset());
    }

    [GeneratedRegex(@"\A(?:pgsql_tmp.*|t\d+_\d+(?:_(?:fsm|vm|init))?(?:\.\d+)?|pg_internal\.init(?:\.\d+)?)\z", RegexOptions.None, 1000)]
    private static partial Regex Temporary();
}
