using System.Security.Cryptography;
using System.Text;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Targets;

/// <summary>The directory of the Unix socket: open to the server's user only, and short enough for the system.</summary>
public static class SocketPlace
{
    private const int Longest = 100;
    private const string SocketName = "/.s.PGSQL.5432.lock";

    public static string Prepare(string directory)
    {
        var place = PlaceFor(directory);
        if (!Directory.Exists(place))
        {
            Directory.CreateDirectory(place, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
        // In /tmp somebody else may have been first; a link would lead elsewhere.
        if (new DirectoryInfo(place).LinkTarget is not null)
        {
            throw new HealingException($"{place} is a link, which somebody else put there", "choose a shorter state_directory");
        }
        try
        {
            LocalOwner.Own(place);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new HealingException($"{place} belongs to somebody else", "choose a shorter state_directory", e);
        }
        return place;
    }

    public static string PlaceFor(string directory)
    {
        var beside = Path.Combine(directory, "run");
        return Encoding.UTF8.GetByteCount(beside + SocketName) <= Longest
            ? beside
            : "/tmp/healing-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(directory)))[..12];
    }
}
