using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>The programs of one PostgreSQL installation.</summary>
public sealed class PgBinaries
{
    private PgBinaries(string directory, int major) => (Directory, Major) = (directory, major);

    public string Directory { get; }

    public int Major { get; }

    /// <summary>HEALING_TEST_PG_BIN, or else the newest packaged installation, or else the newest that was fetched.</summary>
    public static PgBinaries Default { get; } = Find();

    public string this[string program] => Path.Combine(Directory, program);

    public bool Has(string program) => File.Exists(this[program]);

    /// <summary>Every installation here, newest first; of a version that is here twice the packaged one.</summary>
    public static IReadOnlyList<PgBinaries> All() =>
        [.. Installed().Concat(Fetched()).DistinctBy(b => b.Major).OrderByDescending(b => b.Major)];

    /// <summary>Where deploy/scripts/get-postgres.sh puts what it gets: bare servers with contrib, without pg_basebackup and psql.</summary>
    public static string Cache => Environment.IsPrivilegedProcess
        ? "/var/cache/healing-workers/postgresql"
        : Path.Combine(
            Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"),
            "healing-workers/postgresql");

    private static IEnumerable<PgBinaries> Installed() => Under("/usr/lib/postgresql", "bin");

    private static IEnumerable<PgBinaries> Fetched() => Under(Cache, "native/bin");

    private static IEnumerable<PgBinaries> Under(string root, string programs) => !System.IO.Directory.Exists(root)
        ? []
        : System.IO.Directory.EnumerateDirectories(root)
            .Where(d => int.TryParse(Path.GetFileName(d), NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(d => Path.Combine(d, programs))
            .Where(d => File.Exists(Path.Combine(d, "initdb")))
            .Select(At);

    public static PgBinaries At(string directory)
    {
        var start = ServerUser.Current.Command(Path.Combine(directory, "postgres"), "--version");
        start.RedirectStandardOutput = true;
        using var process = System.Diagnostics.Process.Start(start)!;
        var version = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        var number = version.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .First(word => char.IsAsciiDigit(word[0]))
            .TakeWhile(char.IsAsciiDigit);
        return new PgBinaries(directory, int.Parse(string.Concat(number), CultureInfo.InvariantCulture));
    }

    private static PgBinaries Find()
    {
        var configured = Environment.GetEnvironmentVariable("HEALING_TEST_PG_BIN");
        return string.IsNullOrEmpty(configured)
            ? Installed().Concat(Fetched()).GroupBy(b => b.Directory.StartsWith(Cache, StringComparison.Ordinal)).FirstOrDefault() is { } first
                ? first.MaxBy(b => b.Major)!
                : throw new InvalidOperationException(
                    "No PostgreSQL under /usr/lib/postgresql. Install postgresql, run deploy/scripts/get-postgres.sh 17, or set HEALING_TEST_PG_BIN.")
            : At(configured);
    }
}
