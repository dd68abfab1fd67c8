using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What is the same in repairs for which the server is stopped and a single process works without the catalogue's indexes.</summary>
internal static class StoppedServer
{
    public const string Locks = "the server is stopped: every session ends, and nobody gets in until it runs again";
    public const string Needs = "data_directory of the target, on this machine, and to be root or the server's own user; a server that no service manager watches.";
    public const string LedgerIsHere = "the control database is on that very server, which cannot be stopped by whoever works from it; a person rebuilds it";

    /// <summary>After that it is started again, whatever became of the work.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LongestCopy = TimeSpan.FromHours(1);

    public static async Task<(ServerControl? Control, string WhyNot)> ControlAsync(RepairSession session, CancellationToken cancel)
    {
        var files = await ServerFilesFinder.FindAsync(session.Target, session.Facts, session.Connection, cancel).ConfigureAwait(false);
        try
        {
            return await ServerControl.FindAsync(session.Target, session.Facts, session.Programs, (files as DirectFiles)?.DataDirectory, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or HealingException)
        {
            return (null, e.Message);
        }
    }

    public static IReadOnlyList<RepairStep> Steps(RepairSession session, ServerControl control, string statement, string why)
    {
        var data = session.Facts.DataDirectory ?? session.Target.Options.DataDirectory;
        return
        [
            new($"pg_ctl stop -D {data} -m fast", Locks, "nobody may use the catalogue meanwhile"),
            new(control.Single(session.Facts.Database, statement), Locks, why),
            new($"pg_ctl start -D {data}", Locks, "it runs again, with the options that it ran with"),
        ];
    }

    /// <summary>One try: what a rebuild does not cure is in the tables, and the same again would only stop the server again.</summary>
    public static async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, ServerControl control, string statement, string commands, CancellationToken cancel)
    {
        var sent = plan.Steps.Select(s => s.Statement).ToList();
        try
        {
            var (code, said, no) = await RunAsync(session, control, statement, cancel).ConfigureAwait(false);
            return no is not null ? new(RepairOutcome.Escalated, $"no snapshot, so no repair: {no}", [sent[0], sent[^1]]) { Restarted = true }
                : code == 0 ? new(RepairOutcome.Done, null, sent) { Restarted = true }
                : new(RepairOutcome.Escalated, $"it could not be built, and the server runs again as before: the single process ended with {code}: {said.Trim()}. By hand: {commands}", sent) { Restarted = true };
        }
        catch (HealingException e)
        {
            return new(RepairOutcome.Escalated, $"{e.Message}. {e.Hint} By hand: {commands}", sent) { Restarted = true };
        }
    }

    /// <summary>Ends the session, since nobody has one while the server is stopped.</summary>
    /// <returns>No: why nothing was changed, since the copy that was wanted could not be kept; else null.</returns>
    private static async Task<(int Code, string Said, string? No)> RunAsync(RepairSession session, ServerControl control, string statement, CancellationToken cancel)
    {
        await session.Connection.CloseAsync().ConfigureAwait(false);
        session.Target.Forget();
        string? no = null;
        var (code, said) = await control.WhileStoppedAsync(
            async token => session.KeepStoppedAsync is { } keep && (no = await keep(token).ConfigureAwait(false)) is not null ? (-1, no)
                : await control.RunSingleAsync(session.Facts.Database, statement, token).ConfigureAwait(false),
            session.KeepStoppedAsync is null ? Longest : Longest + LongestCopy, cancel).ConfigureAwait(false);
        return (code, said, no);
    }
}
