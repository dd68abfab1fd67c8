using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// The server's own proof: the same constraint once more, added NOT VALID, validated and dropped, while the user's own stays where it is.
/// Only of constraints that are in force: of any other it would refuse rows that are allowed today.
/// </summary>
/// <param name="Definition">What the user's own promises, in the server's words; it takes no row along and changes none.</param>
/// <param name="Parent">The other table of a foreign key.</param>
public sealed record TwinConstraint(RelationName Table, string Definition, long? Parent)
{
    private const int Tries = 40;
    private const int Few = 4;
    private const int Once = 1;
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private string Promise => Definition.EndsWith(" NOT VALID", StringComparison.Ordinal) ? Definition[..^10] : Definition;

    /// <summary>As the proof will send them; none where the role may not.</summary>
    public async Task<IReadOnlyList<RepairStep>> StepsAsync(RepairSession session, long incident, CancellationToken cancel)
    {
        if (!await MayAsync(session, cancel).ConfigureAwait(false))
        {
            return [];
        }
        var name = incident == 0 ? "healing_twin_N" : Name(incident);
        var both = Parent is null ? "the table" : "the table and on the one that it refers to";
        var patience = string.Create(CultureInfo.InvariantCulture, $"; lock_timeout {Wait.TotalMilliseconds:0} ms, asked for up to {Tries} times");
        return
        [
            new(Add(name), (Parent is null ? "ACCESS EXCLUSIVE on the table" : $"SHARE ROW EXCLUSIVE on {both}") + ", for a moment" + patience, "the proof: a twin of the constraint, in a transaction of its own"),
            new(Validate(name), "SHARE UPDATE EXCLUSIVE on the table" + (Parent is null ? "" : ", ROW SHARE on the one that it refers to") + ", while all of it is read: who reads or writes rows goes on" + patience, "the server itself says whether every row keeps it"),
            new(Drop(name), $"ACCESS EXCLUSIVE on {both}, for a moment" + patience, "the twin has proven it; your own constraint stays as it is"),
        ];
    }

    private static string Name(long incident) => string.Create(CultureInfo.InvariantCulture, $"healing_twin_{incident}");

    private string Add(string name) => $"ALTER TABLE {Table.Quoted} ADD CONSTRAINT {name} {Promise} NOT VALID";

    private string Validate(string name) => $"ALTER TABLE {Table.Quoted} VALIDATE CONSTRAINT {name}";

    private string Drop(string name) => $"ALTER TABLE {Table.Quoted} DROP CONSTRAINT IF EXISTS {name}";

    private Task<bool> MayAsync(RepairSession session, CancellationToken cancel) =>
        session.Connection.ExecuteScalarAsync<bool>(new CommandDefinition(Sql.Of<IndexLook>("may_twin"), new { table = Table.Oid, parent = Parent }, cancellationToken: cancel));

    public async Task<OwnProof> ProveAsync(RepairSession session, long incident, CancellationToken cancel)
    {
        if (!await MayAsync(session, cancel).ConfigureAwait(false))
        {
            return new(true, $"proven by the check alone: the role {session.Role} may not add a constraint to {Table.Quoted}");
        }
        var log = new StatementLog();
        var name = Name(incident);
        await SweepAsync(session, Table.Oid, log, cancel).ConfigureAwait(false);
        try
        {
            if (!await PatientAsync(session, Add(name), log, cancel).ConfigureAwait(false))
            {
                return new(true, $"proven by the check alone: {Table.Quoted} is too busy for a twin constraint");
            }
            return await PatientAsync(session, Validate(name), log, cancel).ConfigureAwait(false)
                ? new(true, $"a twin of the constraint was added, validated and dropped: {Promise}")
                : new(true, $"proven by the check alone: {Table.Quoted} is too busy for a twin constraint to be validated");
        }
        catch (PostgresException e) when (e.SqlState is SqlState.ForeignKeyViolation or SqlState.CheckViolation)
        {
            return new(false, $"a twin of the constraint is violated: {e.MessageText}");
        }
        catch (PostgresException e) when (session.Connection.FullState == System.Data.ConnectionState.Open)
        {
            return new(true, $"proven by the check alone: the server takes no twin of this constraint ({e.MessageText})");
        }
        finally
        {
            if (session.Connection.FullState == System.Data.ConnectionState.Open)
            {
                await ClearAsync(session, log, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Drops its own. Who is stopped tries it once, and then leaves it to whoever comes next.</summary>
    private async Task ClearAsync(RepairSession session, StatementLog log, CancellationToken cancel)
    {
        try
        {
            await SweepAsync(session, Table.Oid, log, cancel).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (cancel.IsCancellationRequested && session.Connection.FullState == System.Data.ConnectionState.Open)
        {
            if (await DropAsync(session, Table.Oid, Once, log, CancellationToken.None).ConfigureAwait(false) is { } left)
            {
                throw new OperationCanceledException(e.Message, left, cancel);
            }
            throw;
        }
    }

    /// <summary>Drops twins, whoever left them: one that was killed, or this very proof.</summary>
    /// <param name="table">Null for all tables.</param>
    /// <exception cref="TwinLeftException">One does not go.</exception>
    public static async Task SweepAsync(RepairSession session, long? table, StatementLog log, CancellationToken cancel)
    {
        if (await DropAsync(session, table, Tries, log, cancel).ConfigureAwait(false) is { } left)
        {
            throw left;
        }
    }

    /// <summary>The same in passing, where something else is what matters. Null when none is left, or none can be seen.</summary>
    /// <param name="table">Null for all tables.</param>
    public static async Task<TwinLeftException?> TryAsync(RepairSession session, long? table, CancellationToken cancel, bool once = false)
    {
        if (session.Connection.FullState != System.Data.ConnectionState.Open)
        {
            return null;
        }
        try
        {
            return await DropAsync(session, table, once ? Once : Few, new StatementLog(), cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            return null;
        }
    }

    /// <summary>The same, as the end of a reason: empty where none is left.</summary>
    public static async Task<string> LeftAsync(RepairSession session, Incident incident, CancellationToken cancel, bool once = false) =>
        incident.Kind.IsOfData && await TryAsync(session, incident.TableOid, cancel, once).ConfigureAwait(false) is { } left ? $"; {left.Told}" : "";

    private static async Task<TwinLeftException?> DropAsync(RepairSession session, long? table, int tries, StatementLog log, CancellationToken cancel)
    {
        var drops = await session.Connection.QueryAsync<string>(new CommandDefinition(Sql.Of<IndexLook>("twins"), new { table }, cancellationToken: cancel)).ConfigureAwait(false);
        var (left, why) = (new List<string>(), "");
        foreach (var drop in drops.AsList())
        {
            try
            {
                if (await PatientAsync(session, drop, log, cancel, tries).ConfigureAwait(false))
                {
                    continue;
                }
                why = "its tables are too busy";
            }
            catch (PostgresException e) when (session.Connection.FullState == System.Data.ConnectionState.Open)
            {
                why = e.MessageText;
            }
            left.Add(drop);
        }
        return left.Count == 0 ? null : new(why, left);
    }

    /// <summary>Others queue behind whoever waits for a lock, so it waits shortly and often. False when it never came.</summary>
    private static async Task<bool> PatientAsync(RepairSession session, string statement, StatementLog log, CancellationToken cancel, int tries = Tries)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await PatientRebuild.SetLockTimeoutAsync(session, Wait, cancel).ConfigureAwait(false);
                await RunAsync(session, statement, log, cancel).ConfigureAwait(false);
                return true;
            }
            catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.DeadlockDetected && attempt < tries)
            {
                await Task.Delay(Pause, session.Target.Clock, cancel).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.DeadlockDetected)
            {
                return false;
            }
        }
    }

    /// <summary>What a constraint calls was written for the database's own path.</summary>
    private static async Task RunAsync(RepairSession session, string statement, StatementLog log, CancellationToken cancel)
    {
        await SearchPath.UseTheirsAsync(session.Connection, cancel).ConfigureAwait(false);
        try
        {
            await log.RunAsync(session, statement, cancel).ConfigureAwait(false);
        }
        finally
        {
            if (session.Connection.FullState == System.Data.ConnectionState.Open)
            {
                await SearchPath.UseOursAsync(session.Connection, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }
}
