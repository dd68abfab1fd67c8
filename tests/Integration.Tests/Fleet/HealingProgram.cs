using HealingWorkers.Drill;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>The real executable, as it was built with the tests.</summary>
public static class HealingProgram
{
    private static readonly string Executable = Path.Combine(AppContext.BaseDirectory, "healing");

    public static ChildProcess Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string?>? environment = null) =>
        ChildProcess.Start(Executable, arguments, environment);

    public static async Task<ProgramResult> RunAsync(IEnumerable<string> arguments)
    {
        await using var program = Start(arguments);
        var code = await program.WaitForExitAsync(TimeSpan.FromMinutes(3));
        return new ProgramResult(code, string.Join('\n', program.Output), string.Join('\n', program.Error));
    }
}

public sealed record ProgramResult(int ExitCode, string Output, string Error)
{
    public override string ToString() => $"exit {ExitCode}\n{Output}\n{Error}";
}
