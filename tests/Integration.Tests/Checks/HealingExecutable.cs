using HealingWorkers.Drill;

namespace HealingWorkers.Integration.Tests.Checks;

internal sealed record CommandResult(int ExitCode, string Output, string Error);

/// <summary>The real executable, run to its end.</summary>
internal static class HealingExecutable
{
    public static async Task<CommandResult> RunAsync(params string[] arguments)
    {
        await using var process = ChildProcess.Start("dotnet", [typeof(HealingWorkers.Worker.Commands.CommandLine).Assembly.Location, .. arguments], directory: TestContext());
        var code = await process.WaitForExitAsync(TimeSpan.FromMinutes(3));
        return new(code, string.Join('\n', process.Output), string.Join('\n', process.Error));
    }

    /// <summary>A directory without a healing.yaml, which must stay empty.</summary>
    private static string TestContext() => NUnit.Framework.TestContext.CurrentContext.WorkDirectory;
}
