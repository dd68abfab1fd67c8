using HealingWorkers.Jobs.Checks;

namespace HealingWorkers.Worker.Commands;

/// <summary>What each check says of itself.</summary>
internal static class CheckListing
{
    public static void Write(CommandShell shell, IReadOnlyList<ICheck> checks, bool json)
    {
        var described = checks.Select(c => c.Description).ToList();
        if (json)
        {
            shell.WriteJson(described.Select(d => new { d.Name, d.Summary, d.Schedule, d.Cost, d.Locks, Versions = Versions(d), Runs = Runs(d), d.Needs, d.CannotSee, Kinds = d.Kinds.Select(k => k.Name) }));
            return;
        }
        foreach (var d in described)
        {
            shell.Out.WriteLine($"{d.Name}  ({d.Schedule})\n  {d.Summary}");
            shell.Out.WriteLine($"  cost        {d.Cost}\n  locks       {d.Locks}\n  versions    {Versions(d)}\n  runs        {Runs(d)}\n  needs       {d.Needs}\n  cannot see  {d.CannotSee}\n  finds       {string.Join(", ", d.Kinds.Select(k => k.Name))}\n");
        }
    }

    private static string Versions(CheckDescription check) => check.FirstMajor <= 14 ? "PostgreSQL 14 and later" : $"PostgreSQL {check.FirstMajor} and later";

    private static string Runs(CheckDescription check) => check.Ground switch
    {
        Ground.Live => "on a live server",
        Ground.Window => "within a maintenance window, or on a copy: it makes writers wait",
        _ => "on a disposable copy only: it may hang or crash the server",
    };
}
