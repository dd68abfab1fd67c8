using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>Incidents in the ledger. Every transition is one transaction with its audit row.</summary>
public sealed class IncidentLedger(LedgerDb db)
{
    private static readonly string[] Events = Names(k => k.IsEvent);
    private static readonly string[] Surroundings = Names(k => k.IsOfSurroundings);
    private static readonly string[] Symptoms = Names(k => k.IsSymptom);

    /// <summary>Makes the target known (or seen again) and tells its id.</summary>
    public Task<long> RegisterTargetAsync(string name, TargetFacts facts, CancellationToken cancel) => db.InTransactionAsync((connection, transaction) =>
        connection.FirstAsync<long>(Sql.Of<IncidentLedger>("target_register"),
            new { facts.Id.SystemIdentifier, facts.Id.DatabaseOid, Name = name, facts.Database, facts.VersionNum }, cancel, transaction), cancel);

    /// <summary>The id of a target by its name, where it was ever reached; for what must work while it is away.</summary>
    public Task<long?> TargetNamedAsync(string name, CancellationToken cancel) =>
        db.FirstAsync<long?>(Sql.Of<IncidentLedger>("target_by_name"), new { Name = name }, cancel);

    /// <summary>What a target was when it was last reached, by its name; for what must be told while it is away.</summary>
    public Task<LastReached?> KnownAsync(string name, CancellationToken cancel) =>
        db.FirstAsync<LastReached>(Sql.Of<IncidentLedger>("target_known"), new { Name = name }, cancel);

    /// <summary>
    /// Takes in what a check saw, in one transaction: opens an incident for a new finding, refreshes a known one (an escalated one stays
    /// escalated, with no fresh attempts), counts a clean look for every open incident of that check whose object was examined and not
    /// found again (two: Resolved, gone by itself; events and those in hand excepted), escalates the third of one object in 30 days,
    /// writes check_runs. Returns the incidents that a repair should be enqueued for, and what else became of the report.
    /// </summary>
    /// <param name="demonstration">A target that is broken on purpose: no third incident points at the hardware there.</param>
    /// <param name="id">By which the report is known should it be sent again: then nothing is done.</param>
    public Task<TakenIn> TakeInAsync(long target, CheckReport report, string? scope, int attemptsAllowed, string actor, CancellationToken cancel, bool demonstration = false, Guid? id = null) =>
        db.InTransactionAsync(async (connection, transaction) => id is { } known && !await IsNewAsync(connection, transaction, known, cancel).ConfigureAwait(false)
            ? new TakenIn([])
            : await new ReportIntake(connection, transaction, target, report, attemptsAllowed, actor, demonstration).RunAsync(scope, cancel).ConfigureAwait(false), cancel);

    /// <summary>By which a ledger is told from any other.</summary>
    public async Task<string> LedgerIdAsync(CancellationToken cancel) => await db.FirstAsync<string>(Sql.Of<IncidentLedger>("ledger_id"), null, cancel).ConfigureAwait(false) ?? "";

    /// <summary>Whether this ledger can tell that it has taken a report in; one at an older revision cannot.</summary>
    public Task<bool> KnowsReportsAsync(CancellationToken cancel) => db.FirstAsync<bool>(Sql.Of<IncidentLedger>("report_table"), null, cancel);

    /// <summary>Counts a clean look for what a check had found wrong with objects that no longer exist. Returns what is gone by itself by now.</summary>
    public Task<IReadOnlyList<Incident>> AbsentAsync(long target, string check, IReadOnlyList<string> names, string actor, CancellationToken cancel, bool fromStandby = false) =>
        db.InTransactionAsync((connection, transaction) => new ReportIntake(connection, transaction, target,
            new CheckReport(check, CheckStatus.Clean, TimeSpan.Zero, null, [], []) { ExaminedNames = names, FromStandby = fromStandby }, 0, actor, demonstration: false).GoneAsync(cancel), cancel);

    public async Task<Incident?> FindAsync(long id, CancellationToken cancel) =>
        (await db.FirstAsync<IncidentRow>(Sql.Of<IncidentLedger>("incident_find"), new { Id = id }, cancel).ConfigureAwait(false))?.ToIncident();

    /// <summary>When a look begins, by the ledger's clock, and what is known to be damaged by then.</summary>
    /// <param name="fencesOnly">Only what is deadly to read, for whoever looks at the rest anew himself.</param>
    public async Task<(DateTimeOffset At, KnownDamage Known)> BeforeLookAsync(long target, CancellationToken cancel, bool fencesOnly = false)
    {
        var rows = await db.ListAsync<BeforeLook>(Sql.Of<IncidentLedger>("before_look"), 
            new { Target = target, Kinds = fencesOnly ? [] : KnownDamage.Kinds.Select(k => k.Name).ToArray(), Deadly = FindingKind.DeadlyRead.Name }, cancel).ConfigureAwait(false);
        return (rows[0].At, KnownDamage.Of(rows.Where(r => r.Kind is not null).Select(r => (FindingKind.Named(r.Kind!), r.TableOid, r.ObjectOid))));
    }

    public async Task<IReadOnlyList<Incident>> ListAsync(IncidentFilter filter, CancellationToken cancel) => await IncidentsAsync("incident_list",
        new
        {
            Targets = await TargetNames.IdsAsync(db, filter.Target, cancel).ConfigureAwait(false),
            filter.TargetId,
            State = filter.State?.ToString(),
            filter.Kind,
            Severity = filter.Severity?.ToString().ToLowerInvariant(),
            Search = filter.Search is { Length: > 0 } text ? $"%{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%" : null,
            filter.OpenOnly,
            filter.NotSuppressed,
            Ids = filter.Ids?.ToArray(),
            filter.Before,
            filter.Limit,
        }, cancel).ConfigureAwait(false);

    /// <summary>Other open incidents of these tables and indexes, by oid: of each kind on each one.</summary>
    public Task<IReadOnlyList<Incident>> OpenBesideAsync(Incident incident, IEnumerable<long> oids, CancellationToken cancel) =>
        IncidentsAsync("open_beside", new { incident.TargetId, incident.Id, Oids = oids.Distinct().ToArray() }, cancel);

    /// <summary>Whether a person has closed a loss of rows of the table since this incident was opened: they are back, or given up.</summary>
    public Task<bool> LossIsDecidedAsync(Incident incident, long table, CancellationToken cancel) =>
        db.FirstAsync<bool>(Sql.Of<IncidentLedger>("loss_decided"), new { incident.TargetId, incident.Id, Table = table, Kind = FindingKind.HeapRowsLost.Name }, cancel);

    public Task<IReadOnlyList<AttemptRow>> AttemptsAsync(long id, CancellationToken cancel) =>
        db.ListAsync<AttemptRow>(Sql.Of<IncidentLedger>("attempt_list"), new { Id = id }, cancel);

    /// <summary>
    /// Moves an incident, if <paramref name="from"/> is still its state and the move is permitted; with a fence, only while that lease
    /// token is the current one. Writes the audit row in the same transaction. Throws <see cref="FencedException"/> where the fence fails.
    /// </summary>
    public Task<Incident> MoveAsync(long id, IncidentState from, IncidentState to, Move move, CancellationToken cancel) => db.InTransactionAsync(
        (connection, transaction) => IncidentTransition.ApplyAsync(connection, transaction, id, from, to, move, cancel), cancel);

    /// <summary>Changes what goes with a state and not the state: put off again where it waits already, or approved where it waits for that.</summary>
    public Task<Incident> StayAsync(long id, IncidentState state, Move move, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        if (state is not (IncidentState.Detected or IncidentState.AwaitingApproval or IncidentState.AwaitingWindow))
            throw new HealingException($"incident {id} is {state} and waits for nothing", "see `healing incidents show` for its state");
        var incident = await IncidentTransition.LockAsync(connection, transaction, id, state, move.Fence, cancel).ConfigureAwait(false);
        return await IncidentTransition.WriteAsync(connection, transaction, incident, state, move, cancel).ConfigureAwait(false);
    }, cancel);

    /// <summary>Opens the next attempt (attempts + 1) under the fence and moves the incident to Snapshotting; returns its number.</summary>
    public Task<int> BeginAttemptAsync(Incident incident, Fence fence, string worker, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        var now = await IncidentTransition.LockAsync(connection, transaction, incident.Id, incident.State, fence, cancel).ConfigureAwait(false);
        if (now.Attempts >= now.AttemptsAllowed)
            throw new HealingException($"incident {now.Id} has no attempt left: {now.Attempts} of {now.AttemptsAllowed} are used", "`healing incidents reopen` allows more");
        var number = now.Attempts + 1;
        await connection.DoAsync(Sql.Of<IncidentLedger>("attempt_begin"), new { now.Id, Number = number, Worker = worker, fence.Token, now.Repair }, cancel, transaction).ConfigureAwait(false);
        await connection.DoAsync(Sql.Of<IncidentLedger>("attempt_count"), new { now.Id, Number = number }, cancel, transaction).ConfigureAwait(false);
        await IncidentTransition.ApplyAsync(connection, transaction, now.Id, now.State, IncidentState.Snapshotting,
            new Move(worker, $"attempt {number} of {now.AttemptsAllowed} begins") { Fence = fence }, cancel).ConfigureAwait(false);
        return number;
    }, cancel);

    /// <summary>Keeps with the attempt in hand what it plans and what it did (JSON); null leaves what is there.</summary>
    public Task RecordWorkAsync(long id, int attempt, Fence fence, string? plan, string? statements, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        await LeaseLedger.RequireAsync(connection, transaction, fence, cancel).ConfigureAwait(false);
        return await connection.DoAsync(Sql.Of<IncidentLedger>("attempt_work"), new { Id = id, Number = attempt, fence.Token, Plan = plan, Statements = statements }, cancel, transaction).ConfigureAwait(false);
    }, cancel);

    /// <summary>A dead predecessor's attempt is closed as crashed and counted; the incident goes back to Detected, or to Escalated after the last.</summary>
    public Task<Incident> CrashedAsync(Incident incident, Fence fence, string actor, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        var last = incident.Attempts >= incident.AttemptsAllowed;
        var why = $"the worker of attempt {incident.Attempts} died or was cut off while {incident.State}";
        return await IncidentTransition.ApplyAsync(connection, transaction, incident.Id, incident.State, last ? IncidentState.Escalated : IncidentState.Detected,
            new Move(actor, last ? $"{why}; it was the last one allowed" : why) { Fence = fence, Reason = why, AttemptOutcome = "crashed", AttemptError = why }, cancel).ConfigureAwait(false);
    }, cancel);

    /// <summary>
    /// Open incidents that are due and in nobody's hand, or in the hand of someone whose lease has run out. What is critical and has no repair is
    /// for a person, but for what is around the database; a symptom only where nothing else of its table is open or ended since it was last seen.
    /// </summary>
    /// <param name="observed">Targets of which nothing is repaired.</param>
    /// <param name="left">The reason that those have of which that is told already: they are left out.</param>
    public Task<IReadOnlyList<Incident>> DueAsync(int most, CancellationToken cancel, IReadOnlyList<string>? observed = null, string left = "") =>
        IncidentsAsync("incident_due", new { Most = most, Events, Surroundings, Symptoms, Observed = observed ?? [], Left = left }, cancel);

    private static string[] Names(Func<FindingKind, bool> which) => [.. FindingKind.All.Where(which).Select(k => k.Name)];

    private static async Task<bool> IsNewAsync(Npgsql.NpgsqlConnection connection, Npgsql.NpgsqlTransaction transaction, Guid id, CancellationToken cancel) =>
        !await connection.FirstAsync<bool>(Sql.Of<IncidentLedger>("report_table"), null, cancel, transaction).ConfigureAwait(false)
        || await connection.DoAsync(Sql.Of<IncidentLedger>("report_taken"), new { Id = id }, cancel, transaction).ConfigureAwait(false) == 1;

    private async Task<IReadOnlyList<Incident>> IncidentsAsync(string query, object args, CancellationToken cancel) =>
        [.. (await db.ListAsync<IncidentRow>(Sql.Of<IncidentLedger>(query), args, cancel).ConfigureAwait(false)).Select(row => row.ToIncident())];

    private sealed record BeforeLook
    {
        public DateTimeOffset At { get; init; }
        public string? Kind { get; init; }
        public long TableOid { get; init; }
        public long ObjectOid { get; init; }
    }
}
