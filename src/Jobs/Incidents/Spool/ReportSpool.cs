using System.Globalization;
using System.Text;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>
/// Reports on disk while the control database is away: a file each, in place whole or not at all, and on the disk before anybody relies on it.
/// All workers of a host share it; whoever comes first takes a report in, and the ledger sees to it that nobody does so twice.
/// </summary>
public sealed class ReportSpool(string directory, TimeProvider clock)
{
    public const string Folder = "spool";
    private const string Kept = ".jsonl";
    private const UnixFileMode OnlyUs = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>So much is kept in all. Reports without findings leave half of it to the others.</summary>
    public long MostBytes { get; init; } = 64L << 20;

    public string Directory => directory;

    /// <summary>Throws where there is no room left for it, by our bound or on the disk.</summary>
    public void Keep(SpooledReport report)
    {
        System.IO.Directory.CreateDirectory(directory, OnlyUs);
        var line = Encoding.UTF8.GetBytes(report.ToJson().ToJsonString() + "\n");
        var most = report.Report.Findings.Count > 0 ? MostBytes : MostBytes / 2;
        if (Bytes() + line.Length > most)
            throw new HealingException($"the spool in {directory} is full ({most} bytes): a report of {report.Report.Check} with {report.Report.Findings.Count} findings could not be kept", "bring the control database back; the next check finds again what is there");
        var name = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"{report.At.UtcTicks:D20}-{report.Id:N}"));
        using (var file = new FileStream(name + ".new", new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
        {
            file.Write(line);
            file.Flush(flushToDisk: true);
        }
        File.Move(name + ".new", name + Kept);
    }

    /// <summary>The oldest first.</summary>
    public IReadOnlyList<string> Waiting() => System.IO.Directory.Exists(directory)
        ? [.. System.IO.Directory.EnumerateFiles(directory, "*" + Kept).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>Null where another worker has taken it in meanwhile.</summary>
    public static SpooledReport? Read(string file)
    {
        try
        {
            return SpooledReport.Read(File.ReadAllText(file));
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    public static void Remove(string file) => File.Delete(file);

    public DateTimeOffset Now => clock.GetUtcNow();

    private long Bytes()
    {
        var bytes = 0L;
        foreach (var file in new DirectoryInfo(directory).EnumerateFiles())
        {
            // another worker may just have taken it in
            bytes += file.Exists ? file.Length : 0;
        }
        return bytes;
    }
}
