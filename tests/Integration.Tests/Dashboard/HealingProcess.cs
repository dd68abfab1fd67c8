using HealingWorkers.Drill;

namespace HealingWorkers.Integration.Tests.Dashboard;

/// <summary>The real executable, built beside the tests.</summary>
internal static class HealingProcess
{
    public static ChildProcess Start(IReadOnlyDictionary<string, string?> environment, params string[] arguments) =>
        ChildProcess.Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "healing.dll"), .. arguments], environment);
}
