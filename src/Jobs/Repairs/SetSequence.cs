using System.Globalization;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Sets a sequence to the furthest number in use; never back.</summary>
public sealed class SetSequence(RepairLimits limits) : IRepair
{
    private const string Locks = "SHARE ROW EXCLUSIVE on the sequence for some milliseconds: who draws a number waits, at most a quarter of a second";

    /// <summary>Whoever draws a number queues behind us while we wait.</summary>
    private static readonly TimeSpan LockTimeout = TimeSpan.FromMilliseconds(250);

    public string Name => "set_sequence";

    public RepairDescription Description { get; } = new(
        "Sets the sequence to the furthest number that its columns hold.", Locks,
        "Ownership of the sequence (GRANT owner TO role), SELECT on its columns.",
        "None: numbers are skipped, nothing is lost; the receipt has the old value.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.LosslessOnline, []) { Derived = true };
        if (await SequenceLook.OneAsync(session.Connection, incident.Object.Oid, cancel).ConfigureAwait(false) is not { } sequence)
        {
            return plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        var estate = await SequenceEstate.OfAsync(session.Connection, sequence.Oid, cancel).ConfigureAwait(false);
        if (Refusal(session, sequence, estate) is { } no)
        {
            return plan with { Refuse = no };
        }
        var now = await SequenceVerdict.CompareAsync(session.Connection, new(session.Target.Clock), incident.Check, session.Facts.Id, sequence, cancel).ConfigureAwait(false);
        return now.Behind is not { } behind ? plan with { Nothing = $"{sequence.Quoted} is ahead of its columns" }
            : behind.Repair is null ? plan with { Refuse = behind.Detail }
            : plan with
            {
                Relations = [sequence.Oid],
                Work = sequence,
                Steps =
                [
                    new(Hold(sequence), Locks, "nobody draws a number until the end of the transaction; the cache is what it was"),
                    new(Set(sequence, now.Furthest!.Value), Locks, "the furthest number in use, looked up again under the lock"),
                ],
            };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var log = new StatementLog();
        if (plan.Work is not SequenceLook planned)
        {
            return new(RepairOutcome.Done, plan.Nothing, log.Sent);
        }
        return await new PatientTransaction(session, limits, LockTimeout).RunAsync(planned.Quoted, log, async token =>
        {
            await log.RunAsync(session, Hold(planned), token).ConfigureAwait(false);
            if (await SequenceLook.OneAsync(session.Connection, planned.Oid, token).ConfigureAwait(false) is not { } sequence || sequence.Quoted != planned.Quoted)
            {
                return new(RepairOutcome.Failed, $"{planned.Quoted} is another one since the plan and is left alone", log.Sent);
            }
            var now = await SequenceVerdict.CompareAsync(session.Connection, new(session.Target.Clock), Name, session.Facts.Id, sequence, token).ConfigureAwait(false);
            if (now.Behind is { Repair: null } elsewhere)
            {
                return new(RepairOutcome.Failed, elsewhere.Detail, log.Sent);
            }
            if (now is { Behind: not null, Furthest: { } goal })
            {
                await log.RunAsync(session, Set(sequence, goal), token).ConfigureAwait(false);
            }
            return new(RepairOutcome.Done, null, log.Sent) { Touched = [new(sequence.Oid, [])] };
        }, cancel).ConfigureAwait(false);
    }

    private static string? Refusal(RepairSession session, SequenceLook sequence, SequenceEstate estate) =>
        session.Facts.IsStandby ? "the target is a standby: the sequence is set on its primary"
        : sequence.Cycles ? $"{sequence.Quoted} cycles: it is meant to give numbers again"
        : sequence.Uses.FirstOrDefault(u => !u.CanBeAsked) is { } use ? $"the role {session.Role} cannot tell how far {use} goes: it needs SELECT on it, no row security, and an index where the table is large"
        : !estate.IsOurs ? $"the role {session.Role} may not set {sequence.Quoted}: GRANT {estate.OwnerQuoted} TO {session.Role}"
        : null;

    /// <summary>Numbers are drawn under ROW EXCLUSIVE, sequences cannot be locked by LOCK, and setval alone keeps nobody out.</summary>
    private static string Hold(SequenceLook sequence) => string.Create(CultureInfo.InvariantCulture, $"ALTER SEQUENCE {sequence.Quoted} CACHE {sequence.Cache}");

    private static string Set(SequenceLook sequence, long goal) => string.Create(CultureInfo.InvariantCulture, $"SELECT pg_catalog.setval({sequence.Oid}::oid::pg_catalog.regclass, {goal}, true)");
}
