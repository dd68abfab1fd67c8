namespace HealingWorkers.Integration.Tests.Deploy;

/// <summary>The files of the clone that these tests were built from.</summary>
internal static class Clone
{
    public static string Root { get; } = Find();

    public static string File(string path) => Path.Combine(Root, path);

    private static string Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (System.IO.File.Exists(Path.Combine(at.FullName, "HealingWorkers.sln")))
                return at.FullName;
        }
        throw new InvalidOperationException("these tests were not built in a clone");
    }
}
