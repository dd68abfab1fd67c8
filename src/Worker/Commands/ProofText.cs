using System.Globalization;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Schedule;

namespace HealingWorkers.Worker.Commands;

/// <summary>A restore test as a person reads it.</summary>
internal static class ProofText
{
    public static void Write(TextWriter into, RestoreTested tested)
    {
        var (backup, report) = (tested.Backup, tested.Report);
        Line($"backup {backup.Id} of {backup.TargetName} by {backup.Provider.Name()}, {backup.StartedAt.UtcDateTime:yyyy-MM-dd HH:mm} UTC: {(report.Proven ? "proven" : "NOT proven")}");
        foreach (var phase in report.Phases)
        {
            Line($"  {phase.Phase,-14} {phase.Seconds,8:0.00} s");
        }
        Line($"  tables         {report.Tables.Equal} equal, {report.Tables.Differs.Count} different, {report.Tables.NotCompared.Count} not compared");
        Line($"  checks         {report.Checks.Count(c => c.Status is "clean" or "damaged")} ran, {report.Findings.Count} findings");
        if (report.Pages is { } pages)
        {
            Line($"  pages          {pages.Pages} of {pages.Files} files read, {pages.Bad.Count} damaged; checksums {report.Checksums}");
        }
        if (report.Checksums == "off")
        {
            Line($"  {report.ChecksumsSaid}");
        }
        foreach (var problem in report.Problems)
        {
            Line($"  wrong: {problem}");
        }
        foreach (var undecided in report.Undecided)
        {
            Line($"  no result: {undecided}");
        }
        foreach (var known in report.Findings.Where(f => f.Known is not null))
        {
            Line($"  known: {known.Database}: {known.Kind} on {known.Object} is incident {known.Known} of the live database");
        }
        foreach (var not in report.Tables.NotCompared.Concat(report.NotCompared))
        {
            Line($"  not compared: {not.What}: {not.Why}");
        }
        if (report.Kept is { } kept)
        {
            Line($"  kept for a day; start it with: {kept}");
        }

        void Line(FormattableString text) => into.WriteLine(SafeText.Of(text.ToString(CultureInfo.InvariantCulture)));
    }
}
