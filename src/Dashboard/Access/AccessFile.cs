using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Dashboard.Access;

/// <summary>A file that says who may enter, a line each. It must be out of reach of others, and is replaced as a whole.</summary>
public sealed class AccessFile<T>(string path, string key, Func<string, T?> parse, string header) where T : class, IAccessEntry
{
    private const UnixFileMode Forbidden = UnixFileMode.GroupWrite | UnixFileMode.OtherRead | UnixFileMode.OtherWrite;
    private const UnixFileMode Ours = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const long Largest = 4 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public string Path => path;

    /// <summary>All entries; a file that is not there has none. Throws for what cannot be read, trusted or understood.</summary>
    public IReadOnlyList<T> Read() => [.. Entries(Lines()).Select(l => l.Entry)];

    public async Task AddAsync(T entry, TimeProvider clock, CancellationToken cancel) => await ChangeAsync(lines =>
        Entries(lines).Any(l => l.Entry.Key == entry.Key) ? throw new HealingException($"{path} has {entry.Key} already", "choose another name, or remove that one first") : [.. lines, entry.Line], clock, cancel);

    public Task ReplaceAsync(string name, Func<T, T> change, TimeProvider clock, CancellationToken cancel) => ChangeAsync(lines =>
    {
        var (at, entry) = Find(lines, name);
        return [.. lines[..at], change(entry).Line, .. lines[(at + 1)..]];
    }, clock, cancel);

    public Task RemoveAsync(string name, TimeProvider clock, CancellationToken cancel) => ChangeAsync(lines =>
    {
        var (at, _) = Find(lines, name);
        return [.. lines[..at], .. lines[(at + 1)..]];
    }, clock, cancel);

    private (int At, T Entry) Find(IReadOnlyList<string> lines, string name) =>
        Entries(lines).Where(l => l.Entry.Key == name).Cast<(int, T)?>().FirstOrDefault()
        ?? throw new HealingException($"{path} has no {name}", "list shows what there is");

    private IEnumerable<(int At, T Entry)> Entries(IReadOnlyList<string> lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            var line = lines[i].Trim();
            if (line.Length > 0 && line[0] != '#')
                yield return (i, parse(line) ?? throw new HealingException($"{path}:{i + 1} is not understood ({key})", $"lines are like `{header}`; take it out, and make it anew"));
        }
    }

    private List<string> Lines()
    {
        try
        {
            if (!File.Exists(path))
                return [];
            var mode = File.GetUnixFileMode(path);
            if ((mode & Forbidden) != UnixFileMode.None)
                throw new HealingException($"{path} may be read by everybody or written by others ({key})", $"chmod 600 {path}; 640 where a group is to read it");
            return new FileInfo(path).Length <= Largest ? [.. File.ReadAllLines(path)] : throw new HealingException($"{path} is too large ({key})", "4 MB at most");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HealingException($"{path} cannot be read: {e.Message} ({key})", "it must belong to the user under whom this program runs", e);
        }
    }

    private async Task ChangeAsync(Func<List<string>, IReadOnlyList<string>> change, TimeProvider clock, CancellationToken cancel)
    {
        var directory = System.IO.Path.GetDirectoryName(path)!;
        try
        {
            Directory.CreateDirectory(directory);
            await using var alone = await LockAsync(clock, cancel);
            var old = Lines();
            var mode = File.Exists(path) ? File.GetUnixFileMode(path) : Ours;
            var lines = change(old.Count == 0 ? [header] : old);
            var fresh = System.IO.Path.Combine(directory, $".{System.IO.Path.GetFileName(path)}.{Guid.NewGuid():N}");
            await using (var stream = new FileStream(fresh, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = Ours }))
            {
                await using var writer = new StreamWriter(stream);
                foreach (var line in lines)
                    await writer.WriteLineAsync(line.AsMemory(), cancel);
                await writer.FlushAsync(cancel);
                stream.Flush(flushToDisk: true);
            }
            File.SetUnixFileMode(fresh, mode);
            File.Move(fresh, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HealingException($"{path} cannot be written: {e.Message} ({key})", "run this as the user to whom it belongs", e);
        }
    }

    /// <summary>Two commands at once must not undo each other's work.</summary>
    private async Task<FileStream> LockAsync(TimeProvider clock, CancellationToken cancel)
    {
        var begun = clock.GetTimestamp();
        while (true)
        {
            try
            {
                return new FileStream(path + ".lock", new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.None, UnixCreateMode = Ours });
            }
            catch (IOException) when (clock.GetElapsedTime(begun) < Patience)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancel);
            }
        }
    }
}
