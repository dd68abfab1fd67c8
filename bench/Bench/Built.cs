using System.Diagnostics;
using HealingWorkers.Drill;

namespace HealingWorkers.Bench;

/// <summary>The built product, run as a user runs it.</summary>
internal static class Built
{
    public static string Healing { get; } = Find("src/Worker/bin/Release/app/healing.dll");
    public static string EngineHost => Find("tests/EngineHost/bin/Release/net10.0/HealingWorkers.EngineHost.dll");

    public static Process Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Path.GetTempPath() };
        start.ArgumentList.Add(program);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        foreach (var (key, value) in environment ?? new Dictionary<string, string>(StringComparer.Ordinal))
        {
            start.Environment[key] = value;
        }
        return Process.Start(start) ?? throw new InvalidOperationException("cannot start dotnet");
    }

    /// <summary>Seconds of wall time of one whole command, which must end with one of the exit codes.</summary>
    public static async Task<double> TimeAsync(ProcessStartInfo start, int[] exits, CancellationToken cancel) => (await MeasuredRun.OfAsync(start, exits, cancel)).Seconds;

    public static ProcessStartInfo Command(params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo("dotnet") { UseShellExecute = false, WorkingDirectory = Path.GetTempPath() };
        start.ArgumentList.Add(Healing);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        return start;
    }

    public static ProcessStartInfo Peer(string program, params IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(PgBinaries.Default[program]);
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        return start;
    }

    private static string Find(string built)
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, built);
            if (File.Exists(file))
            {
                return file;
            }
        }
        throw new InvalidOperationException($"{built} is not there: ./healing --version, then dotnet build -c Release");
    }
}
