using System.Runtime.Loader;

/// <summary>DOTNET_STARTUP_HOOKS brings this assembly into processes whose list of dependencies does not know it. The runtime finds it by this name.</summary>
#pragma warning disable CA1050, MA0047 // the runtime wants it outside of any namespace
internal static class StartupHook
#pragma warning restore CA1050, MA0047
{
    public static void Initialize() => AssemblyLoadContext.Default.Resolving += (_, name) =>
        name.Name == typeof(HealingWorkers.Coverage.Hits).Assembly.GetName().Name ? typeof(HealingWorkers.Coverage.Hits).Assembly : null;
}
