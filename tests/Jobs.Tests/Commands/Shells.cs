using HealingWorkers.Worker.Commands;

namespace HealingWorkers.Jobs.Tests.Commands;

/// <summary>Runs the command line in this process.</summary>
internal static class Shells
{
    public static async Task<(int Code, string Out, string Error)> RunAsync(string[] args, Dictionary<string, string>? environment = null, string? directory = null)
    {
        using var output = new StringWriter(System.Globalization.CultureInfo.InvariantCulture);
        using var error = new StringWriter(System.Globalization.CultureInfo.InvariantCulture);
        var shell = new CommandShell
        {
            Out = output,
            Error = error,
            Clock = TimeProvider.System,
            Environment = environment ?? [],
            Directory = directory ?? Path.GetTempPath(),
        };
        var code = await CommandLine.RunAsync(args, shell, CancellationToken.None);
        return (code, output.ToString(), error.ToString());
    }
}
