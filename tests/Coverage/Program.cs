using System.Diagnostics;
using HealingWorkers.Coverage;

// coverage SOURCES DIRECTORY... -- COMMAND ARGUMENT...: runs a command over instrumented assemblies and prints what of the sources ran, in it and in its children.
var split = Array.IndexOf(args, "--");
if (split < 2 || split == args.Length - 1)
{
    await Console.Error.WriteLineAsync("usage: coverage SOURCES DIRECTORY... -- COMMAND ARGUMENT...");
    return 1;
}
var sources = Path.GetFullPath(args[0]);
var assemblies = args[1..split].SelectMany(d => Directory.EnumerateFiles(d, "*.dll"))
    .Where(f => Path.GetFileName(f) is "HealingWorkers.Jobs.dll" or "HealingWorkers.Dashboard.dll" or "healing.dll").ToList();
var hits = Path.GetTempFileName();
var places = new Dictionary<Place, int>();
try
{
    var instrumenter = new Instrumenter(sources, places);
    assemblies.ForEach(instrumenter.Rewrite);
    var start = new ProcessStartInfo(args[split + 1], args[(split + 2)..]);
    start.Environment[Hits.Variable] = hits;
    start.Environment["DOTNET_STARTUP_HOOKS"] = typeof(Hits).Assembly.Location;
    using var command = Process.Start(start)!;
    // An interrupt goes to the command too; what it says decides.
    Console.CancelKeyPress += (_, e) => e.Cancel = true;
    await command.WaitForExitAsync();
    Report.Print(hits, places);
    return command.ExitCode;
}
finally
{
    assemblies.ForEach(Instrumenter.Restore);
    File.Delete(hits);
}
