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
            shell.WriteJson(described.Select(d => new { d.Name, d.Summary, d.Schedule, d.Cost, d.Locks, d.Needs, d.CannotSee, Kinds = d.Kinds.Select(k => k.Name) }));
            return;
        }
        foreach (var d in described)
        {
            shell.Out.WriteLine($"{d.Name}  ({d.Schedule})\n  {d.Summary}");
            shell.Out.WriteLine($"  cost        {d.Cost}\n  locks       {d.Locks}\n  needs       {d.Needs}\n  cannot see  {d.CannotSee}\n  finds       {string.Join(", ", d.Kinds.Select(k => k.Name))}\n");
        }
    }
}
