using HealingWorkers.Jobs.Targets;
using System.Globalization;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Worker.Embedded;

/// <summary>Where initdb and postgres are.</summary>
public static class PgBinaries
{
    private const string Debian = "/usr/lib/postgresql";

    /// <param name="configured">control.postgres_directory; empty: look around.</param>
    public static async Task<string> FindAsync(string configured, CancellationToken cancel)
    {
        if (configured.Length > 0)
        {
            return Complete(configured) ?? Complete(Path.Combine(configured, "bin"))
                ?? throw new HealingException($"control.postgres_directory {configured} holds no initdb and postgres", "name the directory of PostgreSQL's programs, as /usr/lib/postgresql/17/bin");
        }
        return await ByPgConfigAsync(cancel).ConfigureAwait(false)
            ?? Newest()
            ?? (LocalOwner.OnPath("initdb") is { } initdb ? Complete(Path.GetDirectoryName(initdb)!) : null)
            ?? throw new HealingException("there is no PostgreSQL for the embedded control database",
                "install it (Debian: apt-get install postgresql), start with ./run, which does that, or set control.connection");
    }

    private static async Task<string?> ByPgConfigAsync(CancellationToken cancel) =>
        LocalOwner.OnPath("pg_config") is { } program
        && await Programs.TryRunAsync([program, "--bindir"], cancel).ConfigureAwait(false) is { Code: 0, Output: var directory }
            ? Complete(directory.Trim())
            : null;

    private static string? Newest() => !Directory.Exists(Debian) ? null : Directory.EnumerateDirectories(Debian)
        .OrderByDescending(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out var major) ? major : 0)
        .Select(d => Complete(Path.Combine(d, "bin")))
        .FirstOrDefault(d => d is not null);

    private static string? Complete(string directory) =>
        File.Exists(Path.Combine(directory, "initdb")) && File.Exists(Path.Combine(directory, "postgres")) ? directory : null;
}
