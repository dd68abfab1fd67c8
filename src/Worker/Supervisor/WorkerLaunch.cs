using System.Diagnostics;

namespace HealingWorkers.Worker.Supervisor;

/// <summary>How a worker process is started: the same program, the same configuration, and a pipe that tells it when we are gone.</summary>
internal sealed record WorkerLaunch(IReadOnlyList<string> Arguments, IReadOnlyDictionary<string, string> Environment)
{
    public Process Start()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "healing");
        var start = File.Exists(program)
            ? new ProcessStartInfo(program, Arguments)
            : new ProcessStartInfo("dotnet", [program + ".dll", .. Arguments]);
        start.RedirectStandardInput = true;
        start.Environment.Clear();
        foreach (var (name, value) in Environment)
        {
            start.Environment[name] = value;
        }
        start.Environment[SupervisedLife.Variable] = "1";
        return Process.Start(start)!;
    }
}
