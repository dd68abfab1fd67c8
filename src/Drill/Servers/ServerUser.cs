using System.Diagnostics;
using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>Who runs the server: PostgreSQL refuses root, so under root it is `postgres`, or else `nobody`.</summary>
public sealed class ServerUser
{
    private readonly uint _user;
    private readonly uint _group;
    private readonly bool _switch;

    private ServerUser(uint user, uint group, bool @switch) => (_user, _group, _switch) = (user, group, @switch);

    public static ServerUser Current { get; } = Find();

    /// <summary>How to start a program as this user: the program replaces what is started, so that its pid stays.</summary>
    public ProcessStartInfo Command(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo { FileName = program, WorkingDirectory = "/", UseShellExecute = false };
        if (_switch)
        {
            start.FileName = "setpriv";
            start.ArgumentList.Add(string.Create(CultureInfo.InvariantCulture, $"--reuid={_user}"));
            start.ArgumentList.Add(string.Create(CultureInfo.InvariantCulture, $"--regid={_group}"));
            start.ArgumentList.Add("--clear-groups");
            start.ArgumentList.Add("--");
            start.ArgumentList.Add(program);
        }
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("PG", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }
        start.Environment["LC_ALL"] = "C";
        return start;
    }

    /// <summary>Gives a file or directory to the server, for it alone.</summary>
    public void Own(string path)
    {
        File.SetUnixFileMode(path, Directory.Exists(path)
            ? UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            : UnixFileMode.UserRead | UnixFileMode.UserWrite);
        if (_switch && NativeMethods.ChangeOwner(path, _user, _group) != 0)
        {
            throw new IOException($"Cannot give {path} to user {_user}.");
        }
    }

    private static ServerUser Find()
    {
        var self = NativeMethods.EffectiveUser();
        if (self != 0)
        {
            return new ServerUser(self, 0, @switch: false);
        }
        var accounts = File.ReadAllLines("/etc/passwd").Select(line => line.Split(':')).ToList();
        var account = accounts.Find(a => a[0] == "postgres") ?? accounts.Find(a => a[0] == "nobody")
            ?? throw new InvalidOperationException("Under root the server needs the user `postgres` or `nobody`.");
        return new ServerUser(
            uint.Parse(account[2], CultureInfo.InvariantCulture),
            uint.Parse(account[3], CultureInfo.InvariantCulture),
            @switch: true);
    }
}
