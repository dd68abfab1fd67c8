using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Whether a session begins, as anybody's would. Where the catalogue is so damaged that none does, every other check is kept out as well.</summary>
public sealed class CatalogueAccessCheck : ICheck
{
    public const string CheckName = "catalogue_access";

    public CheckDescription Description { get; } = new(
        CheckName, "Begins a session with the database, as anybody would, and asks the catalogue who it is.", "db.health_check",
        "One new session, a query.", "None.",
        "Nothing. Where no session begins: CONNECT on the database postgres or template1 of the same server, or a ledger that knows the database from before.",
        "Damage that a session does not meet at its start. A database that does not answer at all is told by the health check.",
        [FindingKind.CatalogueLocksOut]);

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(CheckName, request, async elapsed =>
    {
        try
        {
            await request.Target.BeginAnewAsync(cancel).ConfigureAwait(false);
            return new(CheckName, CheckStatus.Clean, elapsed(), null, [], [0]);
        }
        catch (LockedOutException e)
        {
            return await FindingAsync(request, e, cancel).ConfigureAwait(false) is { } finding ? new(CheckName, CheckStatus.Damaged, elapsed(), null, [finding], [0])
                : CheckRun.Without(CheckName, CheckStatus.Failed, elapsed(), $"{e.Message}. Which database it is cannot be asked: no other database of its server lets this role in, and it was not known before");
        }
        catch (HealingException e)
        {
            return CheckRun.Without(CheckName, CheckStatus.Unavailable, elapsed(), $"{e.Message} ({e.Hint})");
        }
    }, cancel);

    private static async Task<Finding?> FindingAsync(CheckRequest request, LockedOutException e, CancellationToken cancel)
    {
        var (facts, here) = await SeenAsync(request.Target, cancel).ConfigureAwait(false);
        if ((facts?.Id ?? request.KnownAs) is not { } id)
        {
            return null;
        }
        var settings = TargetConnection.ForChecks(request.Target.Options);
        var database = facts?.Database ?? settings.Database ?? settings.Username ?? "";
        var finding = Finding.Of(CheckName, FindingKind.CatalogueLocksOut, id, new(0, database), e.Message);
        // the repair's own plan says whether the server may be stopped; without its files here, or a way to its process, there is none
        return here ? finding : finding with { Repair = null, Risk = null };
    }

    /// <summary>What is known of the database beside it, and whether the files that are configured are those of its server.</summary>
    private static async Task<(TargetFacts? Facts, bool Here)> SeenAsync(Target target, CancellationToken cancel)
    {
        TargetFacts? facts = null;
        try
        {
            await using var beside = await target.OpenCheckBesideAsync(cancel).ConfigureAwait(false);
            facts = beside.Facts;
            return (facts, target.Options.DataDirectory.Length > 0 && !facts.IsStandby
                && await ServerFilesFinder.FindAsync(target, facts, beside.Connection, cancel).ConfigureAwait(false) is DirectFiles);
        }
        catch (Exception e) when (e is HealingException or NpgsqlException)
        {
            return (facts, false);
        }
    }
}
