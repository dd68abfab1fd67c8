using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>An index of the catalogue that every session needs: the server is stopped, the index is built anew by a single process that uses no index of the catalogue, and the server is started again.</summary>
public sealed class RebuildCriticalIndex(IndexRecheck recheck) : IRepair
{
    private const string Locks = "the server is stopped: every session ends, and nobody gets in until it runs again";
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LongestCopy = TimeSpan.FromHours(1);

    public string Name => "rebuild_critical_index";

    public RepairDescription Description { get; } = new(
        "Stops the server, builds the index anew in single-user mode without the catalogue's indexes, and starts the server again.", Locks,
        "data_directory of the target, on this machine, and to be root or the server's own user; a server that no service manager watches.",
        "None: an index holds nothing that the catalogue does not.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.Manual, []) { Derived = true };
        if (await IndexLook.AtAsync(session.Connection, incident.Object, cancel).ConfigureAwait(false) is not { } index)
        {
            return plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        var commands = CriticalIndex.Commands(session.Facts.Database, index.Quoted, session.Facts.DataDirectory);
        var (control, whyNot) = await ControlAsync(session, cancel).ConfigureAwait(false);
        if (session.Facts.IsStandby || !index.IsCatalog || control is null)
        {
            return plan with { Refuse = (session.Facts.IsStandby ? "the target is a standby" : !index.IsCatalog ? $"{index.Quoted} is none of the catalogue's" : whyNot) + $"; a person rebuilds it {commands}" };
        }
        if (session.LookAgain && await recheck.LookAsync(session.Target, [index.Oid], cancel).ConfigureAwait(false) is { Looked: true, Sound: true })
        {
            return plan with { Nothing = $"{index.Quoted} is sound by now" };
        }
        var data = session.Facts.DataDirectory ?? session.Target.Options.DataDirectory;
        return plan with
        {
            Indexes = [index],
            Relations = [index.Oid],
            // it is stopped once for both: with such an index it may let nobody in when it was started again before the rebuild
            Base = BaseSnapshot.DataDirectory,
            StopsServer = true,
            Notes = [$"every session of the whole server ends, those of other databases too; it is down for some seconds, and where a maintenance window is open for as long as a copy of its files takes. By hand it would be, {commands}"],
            Work = control,
            Steps =
            [
                new($"pg_ctl stop -D {data} -m fast", Locks, "nobody may use the catalogue meanwhile"),
                new(control.Single(session.Facts.Database, Statement(index)), Locks, "the index is built anew from its catalogue, without any index of the catalogue"),
                new($"pg_ctl start -D {data}", Locks, "it runs again, with the options that it ran with"),
            ],
        };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        if (plan is not { Indexes: [var index], Work: ServerControl control })
        {
            return new(RepairOutcome.Done, plan.Nothing, []);
        }
        if (await session.IsLedgerHereAsync(cancel).ConfigureAwait(false))
        {
            return new(RepairOutcome.Escalated, $"the control database is on that very server, which cannot be stopped by whoever works from it; a person rebuilds it {CriticalIndex.Commands(session.Facts.Database, index.Quoted, session.Facts.DataDirectory)}", []);
        }
        await session.Connection.CloseAsync().ConfigureAwait(false);
        session.Target.Forget();
        string? no = null;
        var (code, said) = await control.WhileStoppedAsync(
            async token => session.KeepStoppedAsync is { } keep && (no = await keep(token).ConfigureAwait(false)) is not null ? (-1, no)
                : await control.RunSingleAsync(session.Facts.Database, Statement(index), token).ConfigureAwait(false),
            session.KeepStoppedAsync is null ? Longest : Longest + LongestCopy, cancel).ConfigureAwait(false);
        var sent = plan.Steps.Select(s => s.Statement).ToList();
        return no is not null ? new(RepairOutcome.Escalated, $"no snapshot, so no repair: {no}", [sent[0], sent[^1]]) { Restarted = true }
            : code == 0
            ? new(RepairOutcome.Done, null, sent) { Rebuilt = [index.Oid], Restarted = true }
            : new(RepairOutcome.Failed, $"the server ran in single-user mode and ended with {code}: {said.Trim()}", sent) { Restarted = true };
    }

    private static string Statement(IndexLook index) => $"REINDEX INDEX {index.Quoted}";

    private static async Task<(ServerControl? Control, string WhyNot)> ControlAsync(RepairSession session, CancellationToken cancel)
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
}
