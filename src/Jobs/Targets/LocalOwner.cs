using System.Diagnostics;
using System.Globalization;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Targets;

/// <summary>Who runs the servers that are started here. PostgreSQL refuses root, so under root it is postgres, else nobody.</summary>
public sealed class LocalOwner
{
    private readonly string _name;
    private readonly uint _user;
    private readonly uint _group;

    private LocalOwner(string name, uint user, uint group) => (_name, _user, _group) = (name, user, group);

    /// <summary>Null where the server runs as whoever we are.</summary>
    public static LocalOwner? Current { get; } = Environment.IsPrivilegedProcess ? Find() : null;

    /// <summary>Who it usually is, for a text that is run somewhere else or later.</summary>
    public const string Usual = "postgres";

    public string Name => _name;

    /// <summary>The words that start a program as the server's user, to be put before it.</summary>
    public static IReadOnlyList<string> Prefix()
    {
        if (Current is not { } user)
        {
            return [];
        }
        if (OnPath("setpriv") is { } setpriv)
        {
            return [setpriv, $"--reuid={user._user}", $"--regid={user._group}", "--clear-groups", "--"];
        }
        if (OnPath("runuser") is { } runuser)
        {
            return [runuser, "-u", user._name, "--"];
        }
        if (OnPath("su") is { } su)
        {
            return [su, "-s", "/bin/sh", user._name, "-c", "exec \"$0\" \"$@\"", "--"];
        }
        throw new HealingException("PostgreSQL cannot be run as another user: there is neither setpriv nor runuser nor su", "install util-linux, run as a user other than root, or set control.connection");
    }

    /// <summary>Gives a file or directory to the server's user, for it alone.</summary>
    public static void Own(string path)
    {
        var rights = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        File.SetUnixFileMode(path, Directory.Exists(path) ? rights | UnixFileMode.UserExecute : rights);
        if (Current is { } user && NativeCalls.ChangeOwner(path, user._user, user._group) != 0)
        {
            throw new HealingException($"{path} cannot be given to user {user._name}", "choose a state_directory on a file system that keeps owners");
        }
    }

    /// <summary>Gives a directory with all that is in it to the server's user; what links lead to stays whose it is.</summary>
    public static async Task OwnTreeAsync(string directory, CancellationToken cancel)
    {
        if (Current is { } user
            && await Programs.RunTiedAsync(["chown", "-R", "-h", $"{user._user}:{user._group}", directory], new Dictionary<string, string>(StringComparer.Ordinal), cancel).ConfigureAwait(false) is (not 0, var said))
        {
            throw new HealingException($"{directory} cannot be given to user {user._name}: {said.Trim()}", "Choose a state_directory on a file system that keeps owners.");
        }
    }

    /// <summary>Throws where the server's user cannot get into a directory.</summary>
    public static async Task CheckReachAsync(string directory, CancellationToken cancel)
    {
        if (Current is { } user && await Programs.TryRunAsync([.. Prefix(), "/usr/bin/test", "-x", directory], cancel).ConfigureAwait(false) is { Code: not 0 })
        {
            throw new HealingException($"user {user._name}, who runs PostgreSQL here, cannot get into {directory}",
                "set state_directory to a place that other users can reach, as /var/lib/healing");
        }
    }

    public static string? OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Concat(["/usr/sbin", "/usr/bin", "/sbin", "/bin"])
        .Where(d => d.Length > 0)
        .Select(d => Path.Combine(d, program))
        .FirstOrDefault(File.Exists);

    private static LocalOwner Find()
    {
        var accounts = File.ReadAllLines("/etc/passwd").Select(line => line.Split(':')).Where(a => a.Length > 3).ToList();
        var account = accounts.Find(a => a[0] == Usual) ?? accounts.Find(a => a[0] == "nobody")
            ?? throw new HealingException("PostgreSQL refuses to run as root, and there is neither a user postgres nor nobody", "run as another user, or set control.connection");
        return new LocalOwner(account[0], uint.Parse(account[2], CultureInfo.InvariantCulture), uint.Parse(account[3], CultureInfo.InvariantCulture));
    }
}
