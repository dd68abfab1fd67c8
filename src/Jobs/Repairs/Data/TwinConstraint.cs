using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// The server's own proof: the same constraint once more, added NOT VALID, validated and dropped, while the user's own stays where it is.
/// Only of constraints that are in force: of any other it would refuse rows that are allowed today.
/// </summary>
/// <param name="Definition">As the server spells the user's own.</param>
/// <param name="Parent">The other table of a foreign key.</param>
public sealed record TwinConstraint(RelationName Table, string Definition, long? Parent)
{
    private const int Tries = 40;
    private static readonly TimeSpan Wait = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public async Task<OwnProof> ProveAsync(RepairSession session, long incident, CancellationToken cancel)
    {
        if (!await session.Connection.ExecuteScalarAsync<bool>(new CommandDefinition(Sql.Of<IndexLook>("may_twin"), new { table = Table.Oid, parent = Parent }, cancellationToken: cancel)).ConfigureAwait(false))
        {
            return new(true, $"proven by the check alone: the role {session.Role} may not add a constraint to {Table.Quoted}");
        }
        var log = new StatementLog();
        var name = string.Create(CultureInfo.InvariantCulture, $"healing_twin_{incident}");
        var without = Definition.EndsWith(" NOT VALID", StringComparison.Ordinal) ? Definition[..^10] : Definition;
        try
        {
            await SweepAsync(session, Table.Oid, log, cancel).ConfigureAwait(false);
            if (!await PatientAsync(session, $"ALTER TABLE {Table.Quoted} ADD CONSTRAINT {name} {without} NOT VALID", log, cancel).ConfigureAwait(false))
            {
                return new(true, $"proven by the check alone: {Table.Quoted} is too busy for a twin constraint");
            }
            return await PatientAsync(session, $"ALTER TABLE {Table.Quoted} VALIDATE CONSTRAINT {name}", log, cancel).ConfigureAwait(false)
                ? new(true, $"a twin of the constraint was added, validated and dropped: {without}")
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
                await SweepAsync(session, Table.Oid, log, CancellationToken.None).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Drops twins, whoever left them: one that was killed, or this very proof. Throws when one does not go.</summary>
    public static async Task SweepAsync(RepairSession session, long table, StatementLog log, CancellationToken cancel)
    {
        var drops = await session.Connection.QueryAsync<string>(new CommandDefinition(Sql.Of<IndexLook>("twins"), new { table }, cancellationToken: cancel)).ConfigureAwait(false);
        foreach (var drop in drops.AsList())
        {
            if (!await PatientAsync(session, drop, log, cancel).ConfigureAwait(false))
            {
                throw new HealingException("a twin constraint cannot be dropped, the table is too busy", $"Drop it when there is time: {drop}");
            }
        }
    }

    /// <summary>Others queue behind whoever waits for a lock, so it waits shortly and often. False when it never came.</summary>
    private static async Task<bool> PatientAsync(RepairSession session, string statement, StatementLog log, CancellationToken cancel)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await PatientRebuild.SetLockTimeoutAsync(session, Wait, cancel).ConfigureAwait(false);
                await RunAsync(session, statement, log, cancel).ConfigureAwait(false);
                return true;
            }
            catch (PostgresException e) when (e.SqlState is SqlState.LockNotAvailable or SqlState.DeadlockDetected && attempt < Tries)
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
