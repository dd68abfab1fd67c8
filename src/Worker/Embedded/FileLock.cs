using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Worker.Embedded;

/// <summary>flock over processes: gone with its holder, however that one ends.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    public static FileLock? TryExclusive(string path) => Try(path, FileAccess.ReadWrite, FileShare.None);

    public static FileLock? TryShared(string path) => Try(path, FileAccess.Read, FileShare.Read);

    /// <summary>Waits, but not for ever.</summary>
    public static async Task<FileLock> WaitAsync(Func<FileLock?> attempt, TimeSpan most, string what, TimeProvider clock, CancellationToken cancel)
    {
        var started = clock.GetTimestamp();
        while (true)
        {
            if (attempt() is { } taken)
            {
                return taken;
            }
            if (clock.GetElapsedTime(started) > most)
            {
                throw new HealingException($"another process has been busy with {what} for {most.TotalSeconds:0} s", "is another `healing` starting or stopping in this state_directory? wait for it, or end it");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(100), clock, cancel).ConfigureAwait(false);
        }
    }

    public void Dispose() => _file.Dispose();

    private static FileLock? Try(string path, FileAccess access, FileShare share)
    {
        try
        {
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, access == FileAccess.Read ? FileAccess.Read : FileAccess.ReadWrite, share));
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or FileNotFoundException or PathTooLongException))
        {
            return null;
        }
    }
}
