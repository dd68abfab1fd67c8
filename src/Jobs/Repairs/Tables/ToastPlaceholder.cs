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
        if (table.RowRefusal(session) is { } no)
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
        var live = await LiveAsync(session, table, lost.Keys, locked: false, cancel).ConfigureAwait(false);
        if (live.Count == 0)
        {
            return plan with { Defer = $"the rows of {table.Quoted} that lost values were replaced already, and some transaction may still see the old versions: a VACUUM has to come by" };
        }
        if (await TableObstacles.OfAsync(session.Connection, table.Oid, RowAction.Update, cancel).ConfigureAwait(false) is { Count: > 0 } obstacles)
        {
            return plan with { Refuse = string.Join("; ", obstacles) };
        }
        var columns = (await session.Connection.QueryAsync<Column>(new CommandDefinition(Sql.Of<IndexLook>("placeholder_columns"), new { oid = table.Oid }, cancellationToken: cancel)).ConfigureAwait(false)).ToList();
        var work = new Replaced(incident, table, [.. live.Select(t => new LostRow(t.Key, t.Value, RowWitness.Damage(said, FindingKind.ToastValueLost, t.Key), [.. columns.Where(c => lost[t.Key].Contains(c.Number))]))], columns.Find(c => c.IsMark));
        if (work.Rows.SelectMany(r => r.Columns).FirstOrDefault(c => c.Placeholder is null) is { } impossible)
        {
            return plan with { Refuse = $"the column {impossible.Quoted} of {table.Quoted} ({impossible.Type}) must not be NULL, and nothing can stand in its place: set the value by hand, from a standby or a backup" };
        }
        if (await HiddenRows.AtAGlanceAsync(session, table, cancel).ConfigureAwait(false) is { } hidden)
        {
            return plan with { Defer = hidden };
        }
        var whole = await QuarantineTable.OfAsync(session.Connection, table.Oid, cancel).ConfigureAwait(false);
        var names = work.Rows.SelectMany(r => r.Columns).Select(c => c.Quoted).ToHashSet(StringComparer.Ordinal);
        var published = await table.PublishedAsync(session.Connection, "subscribers may still have these values, and the placeholder overwrites them there as well. Fetch them from there first", cancel).ConfigureAwait(false);
        return plan with
        {
            Rows = work.Rows.Count,
            Relations = table.ToastOid is { } toast ? [table.Oid, toast] : [table.Oid],
            Work = work,
            Samples = await RowSamples.SeenAsync(session, whole with { Columns = [.. whole.Columns.Where(c => !names.Contains(c.Quoted))] }, live.Keys, cancel).ConfigureAwait(false),
            Notes = [$"The values of {string.Join(", ", names)} in these rows are lost for good unless a standby or a backup has them: look there first. The samples show the other columns.", "Where needs_review is a column of the table, it is set.", .. published is null ? [] : new[] { published }],
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
        if (await HiddenRows.InTheWayAsync(session, work.Table, cancel).ConfigureAwait(false) is { } hidden)
        {
            return new(RepairOutcome.Deferred, hidden, log.Sent);
        }
        var changed = 0L;
        try
        {
            await PatientRebuild.SetLockTimeoutAsync(session, limits.LockTimeout, cancel).ConfigureAwait(false);
            await using var transaction = await session.Connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
            if (await ChangedAsync(session, work, cancel).ConfigureAwait(false) is { } other)
            {
                return new(RepairOutcome.Deferred, other, log.Sent);
            }
            var table = await QuarantineTable.OfAsync(session.Connection, work.Table.Oid, cancel).ConfigureAwait(false);
            await using var batch = await QuarantineBatch.OpenAsync(session, work.Incident, Name, "a long value is lost", log, cancel).ConfigureAwait(false);
            foreach (var row in work.Rows)
            {
                changed += await batch.ChangeAsync(table, [row.Place.ToString()], work.Set(row), cancel, [.. row.Columns.Select(c => c.Quoted)]).ConfigureAwait(false);
            }
            if (changed != work.Rows.Count)
            {
                await transaction.RollbackAsync(cancel).ConfigureAwait(false);
                return new(RepairOutcome.Deferred, $"{work.Rows.Count} rows of {work.Table.Quoted} were to be changed and {changed} could be: none was", log.Sent);
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

    /// <summary>Locks the rows, and looks again at them and at what they lost. Since the plan a place may hold another row, whose values are there. Null when all is as planned.</summary>
    private static async Task<string?> ChangedAsync(RepairSession session, Replaced work, CancellationToken cancel)
    {
        var table = work.Table;
        var live = await LiveAsync(session, table, work.Rows.Select(r => r.Place), locked: true, cancel).ConfigureAwait(false);
        foreach (var block in work.Rows.GroupBy(r => r.Place.Block))
        {
            var said = await HeapLook.OfBlockAsync(session.Target, session.Facts, table.Name, block.Key, cancel).ConfigureAwait(false) ?? [];
            if (block.FirstOrDefault(r => live.GetValueOrDefault(r.Place) != r.Xmin || RowWitness.Damage(said, FindingKind.ToastValueLost, r.Place) != r.Damage) is { } other)
            {
                return $"the row at {other.Place} of {table.Quoted} is not the one that was planned for, or its long value is there: none was changed";
            }
        }
        return null;
    }

    /// <summary>By which transaction each of the rows was made that are there.</summary>
    private static async Task<IReadOnlyDictionary<Tid, string>> LiveAsync(RepairSession session, TableLook table, IEnumerable<Tid> rows, bool locked, CancellationToken cancel) =>
        (await session.Connection.QueryAsync<(string Place, string Xmin)>(new CommandDefinition(
            $"SELECT t.ctid::text, t.xmin::text FROM ONLY {table.Quoted} t WHERE t.ctid = ANY (@tids::text[]::tid[]){(locked ? " FOR UPDATE" : "")}",
            new { tids = rows.Select(r => r.ToString()).ToArray() }, cancellationToken: cancel)).ConfigureAwait(false)).ToDictionary(r => Tid.Parse(r.Place), r => r.Xmin);

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

    private sealed record LostRow(Tid Place, string Xmin, string Damage, IReadOnlyList<Column> Columns);

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
