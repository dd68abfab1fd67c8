using System.Globalization;
using HealingWorkers.Jobs.Backups;

namespace HealingWorkers.Worker.Commands;

/// <summary>One backup, in words.</summary>
internal static class BackupText
{
    public static void Write(TextWriter to, Backup b)
    {
        to.WriteLine(SafeText.Of($"backup {b.Id} of {b.TargetName} by {b.Provider.Name()}: {b.State.ToString().ToLowerInvariant()}, {b.ProofWord()}"));
        Line(to, "begun", $"{b.StartedAt.UtcDateTime:u}");
        if (b.Took is { } took)
        {
            Line(to, "took", string.Create(CultureInfo.InvariantCulture, $"{took.TotalSeconds:0.0} s, {b.Throughput >> 20} MB a second"));
        }
        if (b.Bytes is { } bytes)
        {
            Line(to, "size", string.Create(CultureInfo.InvariantCulture, $"{bytes >> 20} MB of {b.ServerBytes >> 20} MB"));
        }
        Line(to, "place", $"{b.Place} on {b.Host}");
        if (b.WalFrom is not null)
        {
            Line(to, "WAL", $"{b.WalFrom} to {b.WalTo}{(b.RestorePoint is null ? "" : $", restore point {b.RestorePoint}")}");
        }
        if (CountedRows.Of(b.Counted) is { } counted)
        {
            Line(to, "counted", string.Create(CultureInfo.InvariantCulture, $"{counted.Tables.Sum(t => t.Rows ?? 0)} rows of {counted.Tables.Count(t => t.Rows is not null)} tables, {(counted.Exact ? "exactly" : $"not exactly: {counted.Why}")}"));
        }
        if (b.Error is { } error)
        {
            Line(to, "failed", error);
        }
    }

    private static void Line(TextWriter to, string what, string words) => to.WriteLine(SafeText.Of($"  {what,-8} {words}"));
}
