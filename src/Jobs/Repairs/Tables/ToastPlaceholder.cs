using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Snapshots;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A long value that is lost gets a placeholder, so that its row can be read again. A person says so: a standby or a backup may still have the value.</summary>
public sealed class ToastPlaceholder(RepairLimits limits) : IRepair
{
    private const string Locks = "the rows, as an UPDATE";
    private const string Marked = "[lost: this value could not be read]";

    public string Name => "toast_placeholder";

    public RepairDescription Description { get; } = new(
        "Sets the lost value to NULL, or to a marked placeholder where NULL is not allowed, and needs_review to true where the table has such a column; the row as it was, without the value, is kept in quarantine.", Locks,
        "SELECT and UPDATE on the table, ownership of it for the VACUUM after.",
        "`healing undo` takes back the mark; the value itself is lost, and its old place in the snapshot.");

    public async Task<RepairPlan> PlanAsync(RepairSession session, Incident incident, CancellationToken cancel)
    {
        var plan = new RepairPlan(Name, RiskClass.Manual, []);
        if (await DamagedBlock.FindAsync(session, incident, cancel).ConfigureAwait(false) is not { Table: var table, Block: var block })
        {
            return plan with { Nothing = $"{incident.Object} no longer exists" };
        }
        if (table.Refusal(session) is { } no)
        {
            return plan with { Refuse = no };
        }
        if (table.Kind == "m")
        {
            return plan with { Refuse = $"{table.Quoted} is a materialized view: REFRESH MATERIALIZED VIEW {table.Quoted} makes its values anew" };
        }
        var said = await HeapLook.OfBlockAsync(session.Target, session.Facts, table.Name, block, cancel).ConfigureAwait(false);
        if (said is null || said.Any(r => r.Kind == FindingKind.HeapTupleUnreadable))
        {
            return plan with { Refuse = $"block {block} of {table.Quoted} is damaged otherwise too: {said?.First(r => r.Kind == FindingKind.HeapTupleUnreadable).Message ?? "it cannot be read"}" };
        }
        var lost = said.Where(r => r.Kind == FindingKind.ToastValueLost && r.Attribute is not null).GroupBy(r => new Tid(block, r.Offset), r => r.Attribute!.Value + 1).ToDictionary(g => g.Key, g => g.Distinct().ToList());
        if (lost.Count == 0)
        {
            return plan with { Nothing = $"every long value in block {block} of {table.Quoted} is there by now" };
        }
        var live = await LiveAsync(session, table, lost.Keys, cancel).ConfigureAwait(false);
        if (live.Count == 0)
        {
            return plan with { Defer = $"the rows of {table.Quoted} that lost values were replaced already, and some transaction may still see the old versions: a VACUUM has to come by" };
        }
        if (await TableObstacles.OfAsync(session.Connection, table.Oid, RowAction.Update, cancel).ConfigureAwait(false) is { Count: > 0 } obstacles)
        {
            return plan with { Refuse = string.Join("; ", obstacles) };
        }
        var columns = (await session.Connection.QueryAsync<Column>(new CommandDefinition(Sql.Of<IndexLook>("placeholder_columns"), new { oid = table.Oid }, cancellationToken: cancel)).ConfigureAwait(false)).ToList();
        var work = new Replaced(incident, table, [.. live.Select(t => new LostRow(t, [.. columns.Where(c => lost[t].Contains(c.Number))]))], columns.Find(c => c.IsMark));
        if (work.Rows.SelectMany(r => r.Columns).FirstOrDefault(c => c.Placeholder is null) is { } impossible)
        {
            return plan with { Refuse = $"the column {impossible.Quoted} of {table.Quoted} ({impossible.Type}) must not be NULL, and nothing can stand in its place: set the value by hand, from a standby or a backup" };
        }
        var whole = await QuarantineTable.OfAsync(session.Connection, table.Oid, cancel).ConfigureAwait(false);
        var names = work.Rows.SelectMany(r => r.Columns).Select(c => c.Quoted).ToHashSet(StringComparer.Ordinal);
        return plan with
        {
            Rows = work.Rows.Count,
            Relations = table.ToastOid is { } toast ? [table.Oid, toast] : [table.Oid],
            Work = work,
            Samples = await RowSamples.SeenAsync(session, whole with { Columns = [.. whole.Columns.Where(c => !names.Contains(c.Quoted))] }, live, cancel).ConfigureAwait(false),
            Notes = [$"The values of {string.Join(", ", names)} in these rows are lost for good unless a standby or a backup has them: look there first. The samples show the other columns.", "Where needs_review is a column of the table, it is set."],
            Steps = [.. work.Rows.Select(r => new RepairStep($"UPDATE ONLY {table.Quoted} SET {string.Join(", ", work.Set(r).Select(s => $"{s.Key} = {s.Value}"))} WHERE ctid = '{r.Place}'", Locks, "the row can be read again"))],
        };
    }

    public async Task<RepairResult> ApplyAsync(RepairSession session, RepairPlan plan, SnapshotProof proof, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(proof);
        var log = new StatementLog();
        if (plan.Work is not Replaced work)
        {
            return new(RepairOutcome.Done, plan.Nothing, log.Sent);
        }
        var changed = 0L;
        try
        {
            await PatientRebuild.SetLockTimeoutAsync(session, limits.LockTimeout, cancel).ConfigureAwait(false);
            await using var transaction = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            var table = await QuarantineTable.OfAsync(session.Connection, work.Table.Oid, cancel).ConfigureAwait(false);
            await using var batch = await QuarantineBatch.OpenAsync(session, work.Incident, Name, "a long value is lost", log, cancel).ConfigureAwait(false);
            foreach (var row in work.Rows)
            {
                changed += await batch.ChangeAsync(table, [row.Place.ToString()], work.Set(row), cancel, [.. row.Columns.Select(c => c.Quoted)]).ConfigureAwait(false);
            }
            await transaction.CommitAsync(cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.DeadlockDetected)
        {
            return new(RepairOutcome.Deferred, $"somebody holds rows of {work.Table.Quoted}: {e.MessageText}", log.Sent);
        }
        // the old versions still name the lost values until they are cleared away
        var busy = await TableVacuum.RunAsync(session, work.Table, limits, log, cancel).ConfigureAwait(false);
        return new(busy is null ? RepairOutcome.Done : RepairOutcome.Deferred, busy, log.Sent)
        {
            RowsQuarantined = changed,
            Touched = [new(work.Table.Oid, [.. work.Rows.Select(r => r.Place.Block).Distinct()])],
        };
    }

    private static async Task<IReadOnlyList<Tid>> LiveAsync(RepairSession session, TableLook table, IEnumerable<Tid> rows, CancellationToken cancel) =>
        [.. (await session.Connection.QueryAsync<string>(new CommandDefinition($"SELECT t.ctid::text FROM ONLY {table.Quoted} t WHERE t.ctid = ANY (@tids::text[]::tid[])",
            new { tids = rows.Select(r => r.ToString()).ToArray() }, cancellationToken: cancel)).ConfigureAwait(false)).Select(Tid.Parse)];

    private sealed record Column
    {
        public required int Number { get; init; }
        public required string Quoted { get; init; }
        public required bool NotNull { get; init; }
        public required bool IsGenerated { get; init; }
        public required string Category { get; init; }
        public required string Type { get; init; }
        public required bool IsMark { get; init; }

        /// <summary>Null where nothing can stand in its place.</summary>
        public string? Placeholder => IsGenerated ? null : !NotNull ? "NULL"
            : Category == "S" ? $"'{Marked}'"
            : Type is "json" or "jsonb" ? "'{\"healing_lost\": true}'"
            : Type is "bytea" ? "''"
            : null;
    }

    private sealed record LostRow(Tid Place, IReadOnlyList<Column> Columns);

    private sealed record Replaced(Incident Incident, TableLook Table, IReadOnlyList<LostRow> Rows, Column? Mark)
    {
        public Dictionary<string, string> Set(LostRow row)
        {
            var set = row.Columns.ToDictionary(c => c.Quoted, c => c.Placeholder!, StringComparer.Ordinal);
            if (Mark is not null)
            {
                set[Mark.Quoted] = "true";
            }
            return set;
        }
    }
}
