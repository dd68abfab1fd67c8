using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Snapshots;
using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Makes a sequence that cannot be read anew, in one transaction, with everything that belonged to it.</summary>
public sealed class RecreateSequence(RepairLimits limits) : IProvenRepair
{
    private const string Locks = "ACCESS EXCLUSIVE on the tables that draw from it, for some milliseconds: everybody waits who reads or writes them";

    public string Name => "recreate_sequence";

    public RepairDescription Description { get; } = new(
        "Drops the sequence and makes it anew with its options, owner, rights, comment and the defaults that draw from it, well beyond the furthest number in use.", Locks,
        "Ownership of the sequence and of the tables that draw from it (GRANT owner TO role).",
        "None: the old one could not be read; the snapshot keeps its file.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.LosslessLocking, []) { Derived = true };
        if (await SequenceLook.OneAsync(session.Connection, incident.Object.Oid, cancel).ConfigureAwait(false) is not { } sequence)
        {
            return plan with { Nothing = $"{incident.Object} no longer exists, or is another one by now" };
        }
        if (await ReadsAsync(session, sequence, cancel).ConfigureAwait(false))
        {
            return plan with { Nothing = $"{sequence.Quoted} can be read by now" };
        }
        var estate = await SequenceEstate.OfAsync(session.Connection, sequence.Oid, cancel).ConfigureAwait(false);
        if (Refusal(session, sequence, estate) is { } no)
        {
            return plan with { Refuse = no };
        }
        var rebirth = new SequenceRebirth(sequence, estate);
        if (await rebirth.ValueAsync(session, cancel).ConfigureAwait(false) is not { } value)
        {
            return plan with { Refuse = $"too few numbers are left beyond the furthest in use for a safe distance: create {sequence.Quoted} anew by hand" };
        }
        return plan with
        {
            Relations = [sequence.Oid],
            Work = rebirth,
            Asks = await rebirth.AsksAsync(session, cancel).ConfigureAwait(false),
            Notes = ["numbers that were drawn and are in no row are not known: the new one begins a thousand beyond the furthest that is"],
            Steps = [.. rebirth.Statements(value).Select(s => new RepairStep(s, Locks, "the sequence is made anew with what belonged to it"))],
        };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var log = new StatementLog();
        if (plan.Work is not SequenceRebirth planned)
        {
            return new(RepairOutcome.Done, plan.Nothing, log.Sent);
        }
        return await new PatientTransaction(session, limits, limits.ExclusiveLockTimeout).RunAsync(planned.Sequence.Quoted, log, async token =>
        {
            foreach (var statement in planned.LockStatements())
            {
                await log.RunAsync(session, statement, token).ConfigureAwait(false);
            }
            // what it is made of is looked up again under the lock
            if (await SequenceLook.OneAsync(session.Connection, planned.Sequence.Oid, token).ConfigureAwait(false) is not { } sequence
                || sequence.Quoted != planned.Sequence.Quoted
                || !(await SequenceEstate.OfAsync(session.Connection, sequence.Oid, token).ConfigureAwait(false)).IsSameAs(planned.Estate))
            {
                return new(RepairOutcome.Failed, $"{planned.Sequence.Quoted} has changed since the plan and is left alone", log.Sent);
            }
            if (await planned.ValueAsync(session, token).ConfigureAwait(false) is not { } value)
            {
                return new(RepairOutcome.Failed, "too few numbers are left beyond the furthest in use", log.Sent);
            }
            foreach (var statement in planned.MakeStatements())
            {
                await log.RunAsync(session, statement, token).ConfigureAwait(false);
            }
            foreach (var revoke in await ForeignRightsAsync(session.Connection, planned, token).ConfigureAwait(false))
            {
                await log.RunAsync(session, revoke, token).ConfigureAwait(false);
            }
            foreach (var statement in planned.FurnishStatements(value))
            {
                await log.RunAsync(session, statement, token).ConfigureAwait(false);
            }
            var oid = await OidAsync(session.Connection, planned, token).ConfigureAwait(false);
            return new(RepairOutcome.Done, null, log.Sent) { Touched = [new(oid, [])] };
        }, cancel).ConfigureAwait(false);
    }

    public async Task<OwnProof> ProveAsync(RepairSession session, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel)
    {
        if (plan.Work is not SequenceRebirth planned)
        {
            return new(true, plan.Nothing ?? "there was nothing to do");
        }
        var oid = await OidAsync(session.Connection, planned, cancel).ConfigureAwait(false);
        if (await SequenceLook.OneAsync(session.Connection, oid, cancel).ConfigureAwait(false) is not { } sequence)
        {
            return new(false, $"{planned.Sequence.Quoted} is not there");
        }
        var now = await SequenceEstate.OfAsync(session.Connection, oid, cancel).ConfigureAwait(false);
        var state = await SequenceState.ReadAsync(session.Connection, sequence, cancel).ConfigureAwait(false);
        var reach = await SequenceReach.OfAsync(session.Connection, new(session.Target.Clock), sequence, planned.Sequence.Draws, state?.Last, cancel).ConfigureAwait(false);
        return !now.IsSameAs(planned.Estate) || !planned.IsSameAs(sequence) ? new(false, $"{sequence.Quoted} has not all that it had before")
            : state is null || state.IsBehind(sequence, reach) ? new(false, $"{sequence.Quoted} does not stand beyond the furthest number in use")
            : new(true, $"{sequence.Quoted} gives {state.Next(sequence)} next, beyond {reach.Furthest?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "nothing"}, and has its options, owner, rights, comment and defaults");
    }

    /// <summary>In a session of its own: the driver gives up one in which the server spoke of corruption.</summary>
    private static async Task<bool> ReadsAsync(RepairSession session, SequenceLook sequence, CancellationToken cancel)
    {
        await using var connection = await session.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        try
        {
            return await SequenceState.ReadAsync(connection, sequence, cancel).ConfigureAwait(false) is not null;
        }
        catch (PostgresException e) when (SequenceState.IsDamage(e))
        {
            return false;
        }
    }

    private static string? Refusal(RepairSession session, SequenceLook sequence, SequenceEstate estate) =>
        session.Facts.IsStandby ? "the target is a standby: the sequence is made anew on its primary"
        : estate.Extension is { } extension ? $"{sequence.Quoted} belongs to the extension {extension}: create that anew"
        : estate.Others is { } others ? $"{others} depend(s) on {sequence.Quoted} as well: create it anew by hand with them"
        : estate.HasLabels ? $"{sequence.Quoted} has security labels: create it anew by hand with them"
        : sequence.Cycles ? $"{sequence.Quoted} cycles, and nobody but its owner knows where it was: create it anew by hand"
        : sequence.Draws.Count == 0 ? $"the numbers of {sequence.Quoted} are in no column that would tell how far it had come: create it anew by hand, and setval it beyond what was given out"
        : sequence.Draws.FirstOrDefault(d => !d.IsPlain) is { } strange ? $"{strange} makes something else of its numbers, so that nothing tells how far {sequence.Quoted} had come: create it anew by hand"
        : sequence.Draws.FirstOrDefault(d => !d.IsReadable) is { } hidden ? $"the role {session.Role} may not read all of {hidden}: it needs SELECT, and no row security in its way"
        : !estate.IsOurs ? $"the role {session.Role} may not drop {sequence.Quoted}: GRANT {estate.OwnerQuoted} TO {session.Role}"
        : estate.Defaults.FirstOrDefault(d => !d.IsOurs) is { } other ? $"the role {session.Role} may not change {other.Table}: GRANT {other.Owner} TO {session.Role}"
        : null;

    private static Task<IEnumerable<string>> ForeignRightsAsync(NpgsqlConnection connection, SequenceRebirth planned, CancellationToken cancel) =>
        connection.QueryAsync<string>(new CommandDefinition(Sql.Of<SequenceEstate>("sequence_foreign_rights"),
            new { sequence = planned.Sequence.Quoted, all = planned.Estate.HasRights }, cancellationToken: cancel));

    private static Task<long> OidAsync(NpgsqlConnection connection, SequenceRebirth planned, CancellationToken cancel) =>
        connection.ExecuteScalarAsync<long>(new CommandDefinition(Sql.Of<SequenceEstate>("sequence_oid"), new { sequence = planned.Sequence.Quoted }, cancellationToken: cancel));
}
