using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Transaction numbers running out, and what nobody ends or reads that keeps old row versions. A long transaction alone is no finding.</summary>
public sealed class AgeCheck(AgeLimits limits) : ICheck
{
    public AgeCheck() : this(new AgeLimits())
    {
    }

    public CheckDescription Description { get; } = new(
        "age", "Looks how near transaction numbers are to their end, and for unused replication slots and forgotten prepared transactions.", "db.health_check",
        "A few queries of the catalogue and of statistics views.", "ACCESS SHARE on catalogues.",
        "Nothing; with pg_monitor (role healing_detect) it names the sessions and standbys that hold old row versions.",
        "Whether somebody will come back for a slot or a prepared transaction: it only says how long nobody did.",
        [FindingKind.WraparoundNear, FindingKind.HorizonHeldBySlot, FindingKind.HorizonHeldByPrepared]);

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        var age = await connection.QuerySingleAsync<Age>(Query("age", null, cancel)).ConfigureAwait(false);
        var name = new RelationName(age.Oid, age.Quoted);
        List<Finding> findings =
        [
            .. await NearAsync(connection, facts.Id, name, age, cancel).ConfigureAwait(false),
            .. (await connection.QueryAsync<Slot>(Query("slots_stuck", null, cancel)).ConfigureAwait(false)).Where(IsStuck).Select(s => Of(facts.Id, FindingKind.HorizonHeldBySlot, name, s.Name,
                $"nobody reads from the {s.Type} replication slot {s.Name}, which keeps {Number(s.Bytes >> 20)} MB of WAL and row versions of {Number(s.Xids)} transactions: bring back who reads from it, or pg_drop_replication_slot, after which that one must be built anew")),
            .. (await connection.QueryAsync<Prepared>(Query("prepared_old", new { wait = limits.Prepared }, cancel)).ConfigureAwait(false)).Select(p => Of(facts.Id, FindingKind.HorizonHeldByPrepared, name, p.Gid,
                $"the transaction '{p.Gid}' of {p.Owner} is prepared since {p.Since} and holds its locks: ask its coordinator whether to COMMIT PREPARED or ROLLBACK PREPARED it")),
        ];
        return CatalogueList.Report(Description, elapsed(), findings, [name]);
    }, cancel);

    private async Task<IReadOnlyList<Finding>> NearAsync(NpgsqlConnection connection, TargetId target, RelationName name, Age age, CancellationToken cancel)
    {
        (string What, long Now, long Freeze)[] counters = [("transactions", age.Xids, age.Freeze), ("multixacts", age.Multixacts, age.Multifreeze)];
        // where the server is told to freeze later than our limit, it is first left to do so
        var near = counters.Where(c => c.Now > Math.Max(limits.Xids, c.Freeze + c.Freeze / 10)).ToList();
        if (near.Count == 0)
        {
            return [];
        }
        var holders = (await connection.QueryAsync<(string Said, long Age)>(Query("age_holders", null, cancel)).ConfigureAwait(false)).ToList();
        var held = holders.Count == 0 ? "nothing seems to hold it back: is autovacuum running and able to?" : "held back by " + string.Join(", ", holders.Select(h => $"{h.Said} ({Number(h.Age)})"));
        return [.. near.Select(c => Of(target, FindingKind.WraparoundNear, name, c.What,
            $"the oldest {c.What} are {Number(c.Now)} old, and the server stops taking writes at 2 147 483 648; {held}; the oldest tables: {age.Oldest}") with
        {
            Severity = c.Now >= limits.CriticalXids ? Severity.Critical : Severity.Warning,
        })];
    }

    /// <summary>Where the server bounds what a slot keeps, WAL is not held for ever.</summary>
    private bool IsStuck(Slot slot) => slot.Xids > limits.SlotXids || (slot.Bytes > limits.SlotBytes && !slot.Bounded);

    private Finding Of(TargetId target, FindingKind kind, RelationName database, string part, string detail) => Finding.Of(Description.Name, kind, target, database, detail, part);

    private static string Number(long number) => number.ToString("#,0", CultureInfo.InvariantCulture).Replace(',', ' ');

    private static CommandDefinition Query(string name, object? arguments, CancellationToken cancel) => new(Sql.Of<ICheck>(name), arguments, cancellationToken: cancel);

    private sealed record Age(long Oid, string Quoted, long Xids, long Multixacts, long Freeze, long Multifreeze, string? Oldest);

    private sealed record Slot(string Name, string Type, long Xids, long Bytes, bool Bounded);

    private sealed record Prepared(string Gid, string Owner, string Since, long Xids);
}
