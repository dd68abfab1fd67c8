using System.Security.Cryptography;
using System.Text;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>
/// A directory in which evidence or backups are kept, under a name that is written in it: it stays the same place when it is mounted
/// by another machine, or by a container with a new name.
/// </summary>
/// <param name="machine">The name that it is given first: that of the machine, by which files were known before places had names.</param>
public sealed class Storage(string directory, string machine)
{
    public const string FileName = "storage-name";
    private readonly string _file = Path.Combine(Path.GetFullPath(directory), FileName);

    public Storage(string directory) : this(directory, Environment.MachineName)
    {
    }

    /// <summary>That of the machine until something is kept there.</summary>
    public string Name => Read() ?? machine;

    /// <summary>For whoever is about to keep something there: the name is written now, once, whoever comes first.</summary>
    public string Claim() => Read() ?? Write();

    /// <summary>Whether files lie here: by the name of their place; else they are to be seen where they were put, with the very manifest that the ledger knows.</summary>
    public bool Holds(string name, string place, string? sha256) => name == Name || (sha256 is not null && IsSeen(Path.Combine(place, SnapshotManifest.FileName), sha256));

    private string? Read()
    {
        try
        {
            return File.ReadAllText(_file).Trim() is { Length: > 0 } name ? name : throw new HealingException($"{_file} holds no name", "Write the name of this place into it, or remove it to have it written anew.");
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HealingException($"{_file} cannot be read: {e.Message}", "It says what this place is called: let this user read it.", e);
        }
    }

    private string Write()
    {
        var draft = $"{_file}.{Guid.NewGuid():N}";
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(_file)!);
            using (var file = new FileStream(draft, FileMode.CreateNew, FileAccess.Write))
            {
                file.Write(Encoding.UTF8.GetBytes(machine + "\n"));
                file.Flush(flushToDisk: true);
            }
            // a link is made by one only, with all that is in it; File.Move looks first and may then replace what came meanwhile
            if (NativeCalls.Link(draft, _file) != 0 && !File.Exists(_file))
            {
                // a file system without links
                File.Move(draft, _file, overwrite: false);
            }
        }
        catch (IOException) when (File.Exists(_file))
        {
            // another one came first, and its name is the one
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new HealingException($"{_file} cannot be written: {e.Message}", "Let the worker's user write there, or set state_directory (of backups: backups.directory).", e);
        }
        finally
        {
            File.Delete(draft);
        }
        return Name;
    }

    private static bool IsSeen(string manifest, string sha256)
    {
        try
        {
            return File.Exists(manifest) && Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(manifest))) == sha256;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // what may not be read here is not here
            return false;
        }
    }
}
