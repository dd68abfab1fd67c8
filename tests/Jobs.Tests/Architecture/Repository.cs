namespace HealingWorkers.Jobs.Tests.Architecture;

/// <summary>The working copy that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find();

    public static string File(string path) => Path.Combine(Root, path);

    public static IEnumerable<string> Sources(string folder) => Directory.EnumerateFiles(File(folder), "*.cs", SearchOption.AllDirectories)
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    private static string Find()
    {
        for (var at = AppContext.BaseDirectory; at is not null; at = Path.GetDirectoryName(at))
        {
            if (System.IO.File.Exists(Path.Combine(at, "HealingWorkers.sln")))
            {
                return at;
            }
        }
        throw new InvalidOperationException("These tests read the sources: run them inside the working copy.");
    }
}
