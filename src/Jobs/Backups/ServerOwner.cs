namespace HealingWorkers.Jobs.Backups;

/// <summary>Who a restored server belongs to: PostgreSQL refuses root, so under root it is `postgres`, or else `nobody`.</summary>
internal static class ServerOwner
{
    public static string Name { get; } = Find();

    private static string Find() => File.Exists("/etc/passwd") && File.ReadLines("/etc/passwd").Any(l => l.StartsWith("postgres:", StringComparison.Ordinal)) ? "postgres" : "nobody";

    /// <summary>Words before a command so that the owner runs it.</summary>
    public static IReadOnlyList<string> Words => Environment.IsPrivilegedProcess ? ["runuser", "-u", Name, "--"] : [];
}
