using System.Globalization;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;

namespace HealingWorkers.Worker.Commands;

/// <summary>Reports as people and programs read them.</summary>
internal static class CheckOutput
{
    public static void Write(CommandShell shell, string target, IReadOnlyList<CheckReport> reports, bool json)
    {
        if (json)
        {
            shell.WriteJson(new { target, checks = reports.Select(HealReport.Line), findings = reports.SelectMany(r => r.Findings).Select(HealReport.Line) });
            return;
        }
        var width = Math.Max(5, reports.Max(r => r.Check.Length));
        foreach (var r in reports)
        {
            shell.Out.WriteLine(SafeText.Of(string.Create(CultureInfo.InvariantCulture, $"{r.Check.PadRight(width)}  {Name(r.Status),-11}  {r.Elapsed.TotalSeconds,8:0.00} s  {r.Reason}").TrimEnd()));
        }
        foreach (var f in reports.SelectMany(r => r.Findings))
        {
            shell.Out.WriteLine(SafeText.Of($"\n{Name(f.Severity)}  {f.Kind.Name}  {f.Object}\n  {f.Detail}\n  repair: {(f.Repair is null ? "by a person" : $"{f.Repair} ({f.Risk?.Name()})")}"));
        }
    }

    private static string Name<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
}
