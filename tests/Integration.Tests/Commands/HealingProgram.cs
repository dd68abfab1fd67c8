using HealingWorkers.Drill;

namespace HealingWorkers.Integration.Tests.Commands;

/// <summary>The real executable, with a state directory of its own.</summary>
internal sealed class HealingProgram : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);
    private readonly List<ChildProcess> _children = [];

    /// <param name="deep">Makes the path too long for a socket.</param>
    public HealingProgram(bool deep = false)
    {
        Root = Directory.CreateTempSubdirectory("healing-").FullName;
        // The server runs as another user, who has to get through.
        File.SetUnixFileMode(Root, (UnixFileMode)Convert.ToInt32("755", 8));
        State = deep ? Path.Combine(Root, new string('d', 60), new string('e', 60)) : Root;
        Directory.CreateDirectory(State);
        Environment = new(StringComparer.Ordinal)
        {
            ["HEALING__STATE_DIRECTORY"] = State,
            ["HEALING__HTTP__LISTEN"] = "127.0.0.1:0",
        };
    }

    public string Root { get; }
    public string State { get; }
    public Dictionary<string, string?> Environment { get; }
    public string Data => Path.Combine(State, "control", "data");

    public ChildProcess Start(params string[] arguments)
    {
        var child = ChildProcess.Start(Path.Combine(AppContext.BaseDirectory, "healing"), arguments, Environment, Root);
        _children.Add(child);
        return child;
    }

    public async Task<(int Code, string Out, string Error)> RunAsync(params string[] arguments)
    {
        var child = Start(arguments);
        var code = await child.WaitForExitAsync(Patience);
        return (code, string.Join('\n', child.Output), string.Join('\n', child.Error));
    }

    /// <summary>Starts `up` and waits until it says where the API is.</summary>
    public async Task<(ChildProcess Process, string Address)> UpAsync(params string[] arguments)
    {
        var child = Start(["up", "--log-level", "information", .. arguments]);
        var line = await child.WaitForLineAsync(l => l.Contains(" is the dashboard", StringComparison.Ordinal), Patience);
        return (child, line.Split(' ')[0]);
    }

    /// <summary>The processes that mention this state directory or were started from it, other than the tests themselves.</summary>
    public IReadOnlyList<int> Processes() =>
        [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => n!.All(char.IsAsciiDigit)).Select(n => int.Parse(n!, System.Globalization.CultureInfo.InvariantCulture)).Where(IsOurs)];

    public int? ServerPid()
    {
        var file = Path.Combine(Data, "postmaster.pid");
        return File.Exists(file) ? int.Parse(File.ReadLines(file).First(), System.Globalization.CultureInfo.InvariantCulture) : null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var child in _children)
        {
            child.Send(Signal.Terminate);
        }
        foreach (var child in _children)
        {
            await Poll.UntilAsync(() => child.HasExited, Patience, "the end of a child");
            await child.DisposeAsync();
        }
        await Poll.UntilAsync(() => Processes().Count == 0, Patience, $"no process left over {Root}");
        Directory.Delete(Root, recursive: true);
    }

    private bool IsOurs(int pid)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/cmdline").Contains(Root, StringComparison.Ordinal)
                || File.ReadAllText($"/proc/{pid}/environ").Contains("HEALING__STATE_DIRECTORY=" + State, StringComparison.Ordinal);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
