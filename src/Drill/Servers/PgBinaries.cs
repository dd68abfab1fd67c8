using System.Globalization;

namespace HealingWorkers.Drill;

/// <summary>The programs of one PostgreSQL installation.</summary>
public sealed class PgBinaries
{
    private PgBinaries(string directory, int major) => (Directory, Major) = (directory, major);

    public string Directory { get; }

    public int Major { get; }

    /// <summary>HEALING_TEST_PG_BIN, or else the newest installation of Debian's layout.</summary>
    public static PgBinaries Default { get; } = Find();

    public string this[string program] => Path.Combine(Directory, program);

    public bool Has(string program) => File.Exists(this[program]);

    /// <summary>Every installation here, newest first.</summary>
    public static IReadOnlyList<PgBinaries> All()
    {
        const string root = "/usr/lib/postgresql";
        return System.IO.Directory.Exists(root)
            ? [.. System.IO.Directory.EnumerateDirectories(root)
                .Select(d => Path.Combine(d, "bin"))
                .Where(d => File.Exists(Path.Combine(d, "initdb")))
                .Select(At)
                .OrderByDescending(b => b.Major)]
            : [];
    }

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
            ? All() is [var newest, ..]
                ? newest
                : throw new InvalidOperationException(
                    "No PostgreSQL under /usr/lib/postgresql. Install postgresql, or set HEALING_TEST_PG_BIN.")
            : At(configured);
    }
}
