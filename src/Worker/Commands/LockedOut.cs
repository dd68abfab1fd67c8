using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Worker.Commands;

/// <summary>A database that answers and lets nobody in: one check can still say something of it.</summary>
internal static class LockedOut
{
    /// <summary>Null where a session begins; what keeps it out where the catalogue does. Throws for every other reason.</summary>
    public static async Task<LockedOutException?> AskAsync(Target target, CancellationToken cancel)
    {
        try
        {
            await target.FactsAsync(cancel).ConfigureAwait(false);
            return null;
        }
        catch (LockedOutException e)
        {
            return e;
        }
    }

    /// <summary>Throws what keeps it out where nobody can tell which database it is.</summary>
    public static async Task<CheckReport> LookAsync(Target target, LockedOutException keptOut, TargetId? knownAs, CancellationToken cancel) =>
        await new CatalogueAccessCheck().RunAsync(new(target, CheckScope.All) { KnownAs = knownAs }, cancel).ConfigureAwait(false) is { Findings.Count: > 0 } report ? report : throw keptOut;
}
