using System.Text;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Failover;

/// <summary>A file that is old or new, and never half: written beside, synced, renamed. Mode and owner stay; a new one is for its owner alone.</summary>
internal static class AtomicFile
{
    public static async Task WriteAsync(string path, string content, CancellationToken cancel)
    {
        // a link goes on pointing to the same file
        var file = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        var beside = $"{file}.{Guid.NewGuid():N}";
        var exists = File.Exists(file);
        try
        {
            var options = new FileStreamOptions
            {
                Mode = FileMode.CreateNew, Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            var stream = new FileStream(beside, options);
            await using (stream.ConfigureAwait(false))
            {
                await stream.WriteAsync(Encoding.UTF8.GetBytes(content), cancel).ConfigureAwait(false);
                stream.Flush(flushToDisk: true);
            }
            if (exists && await Programs.TryRunAsync(["chown", $"--reference={file}", beside], cancel).ConfigureAwait(false) is { Code: not 0, Output: var said })
            {
                throw new HealingException($"{file} cannot keep its owner: {said.Trim()}", "run this as root, or as the owner of the file");
            }
            if (exists)
            {
                File.SetUnixFileMode(beside, File.GetUnixFileMode(file));
            }
            File.Move(beside, file, overwrite: true);
            await Programs.TryRunAsync(["sync", Path.GetDirectoryName(file)!], cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HealingException($"{file} cannot be written: {e.Message}", "the directory must be writable too, since the new file is put in the place of the old one");
        }
        finally
        {
            File.Delete(beside);
        }
    }
}
