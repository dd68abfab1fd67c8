using System.Globalization;
using System.Text.RegularExpressions;

namespace HealingWorkers.Jobs.Targets;

/// <summary>The programs of a server's own version: those beside the server that runs, else where they are usually installed.</summary>
public static partial class ServerPrograms
{
    /// <summary>The path of the program, or null where that version is not at hand.</summary>
    /// <param name="configured">A directory to look in first; may be empty.</param>
    /// <param name="dataDirectory">Of the server, where it is seen from here: its process tells where its programs are.</param>
    public static async Task<string?> FindAsync(string program, int major, string configured, string? dataDirectory, CancellationToken cancel)
    {
        var places = new[] { configured, configured.Length == 0 ? "" : Path.Combine(configured, "bin"), BesideServer(dataDirectory), string.Create(CultureInfo.InvariantCulture, $"/usr/lib/postgresql/{major}/bin") }
            .Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'));
        foreach (var path in places.Where(p => !string.IsNullOrEmpty(p)).Distinct(StringComparer.Ordinal).Select(p => Path.Combine(p!, program)).Where(File.Exists))
        {
            if (await Programs.TryRunAsync([path, "--version"], cancel).ConfigureAwait(false) is { Code: 0, Output: var said } && MajorOf(said) == major)
            {
                return path;
            }
        }
        return null;
    }

    /// <summary>The same for a server that is watched, whose data directory may be configured.</summary>
    public static Task<string?> FindAsync(string program, Target target, TargetFacts facts, string configured, CancellationToken cancel) =>
        FindAsync(program, facts.Major, configured, target.Options.DataDirectory is { Length: > 0 } place ? place : facts.DataDirectory, cancel);

    private static string? BesideServer(string? dataDirectory)
    {
        try
        {
            return string.IsNullOrEmpty(dataDirectory) ? null
                : Path.GetDirectoryName(new FileInfo($"/proc/{File.ReadLines(Path.Combine(dataDirectory, "postmaster.pid")).First()}/exe").LinkTarget);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }

    private static int? MajorOf(string version) =>
        Version().Match(version) is { Success: true } match ? int.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture) : null;

    [GeneratedRegex(@"\(PostgreSQL\) (\d+)", RegexOptions.None, 1000)]
    private static partial Regex Version();
}
