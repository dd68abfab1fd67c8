using System.Text;
using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Failover;

/// <summary>
/// A row written and committed on the new primary, read from another session, and taken away again. It is one of pg_largeobject:
/// a table or a schema of our own would be published where everything is, and wake event triggers.
/// </summary>
internal static class WriteProof
{
    /// <summary>How it was shown, in words. Throws <see cref="HealingException"/> where it was not.</summary>
    public static async Task<string> TakeAsync(Func<CancellationToken, Task<NpgsqlConnection>> open, FailoverRow failover, Action written, CancellationToken cancel)
    {
        await using var writer = await open(cancel).ConfigureAwait(false);
        await writer.ExecuteAsync(Command("proof_local", null, cancel)).ConfigureAwait(false);
        var said = Encoding.UTF8.GetBytes($"healing failover {failover.Id}: {failover.Standby} at {failover.StartedAt:u}");
        if (await WrittenAsync(writer, said, cancel).ConfigureAwait(false) is not { } number)
        {
            return await ByMessageAsync(writer, open, cancel).ConfigureAwait(false);
        }
        try
        {
            written();
            await using var reader = await open(cancel).ConfigureAwait(false);
            return (await ReadAsync(reader, number, cancel).ConfigureAwait(false))?.AsSpan().SequenceEqual(said) == true
                ? "a row was written, committed and read from another session"
                : throw new HealingException("a row that was committed on the new primary is not read back", "look at its log before anybody writes there");
        }
        finally
        {
            await writer.ExecuteAsync(Command("proof_drop", new { number }, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    /// <returns>Its number; null where none may be made.</returns>
    private static async Task<long?> WrittenAsync(NpgsqlConnection writer, byte[] said, CancellationToken cancel)
    {
        try
        {
            await writer.ExecuteAsync(Command("proof_left", null, cancel)).ConfigureAwait(false);
            return await writer.ExecuteScalarAsync<long?>(Command("proof_write", new { said }, cancel)).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            return null;
        }
    }

    private static async Task<byte[]?> ReadAsync(NpgsqlConnection reader, long number, CancellationToken cancel)
    {
        try
        {
            return await reader.ExecuteScalarAsync<byte[]>(Command("proof_read", new { number }, cancel)).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState == SqlState.UndefinedObject)
        {
            return null;
        }
    }

    private static async Task<string> ByMessageAsync(NpgsqlConnection writer, Func<CancellationToken, Task<NpgsqlConnection>> open, CancellationToken cancel)
    {
        await using var transaction = await writer.BeginTransactionAsync(cancel).ConfigureAwait(false);
        var sent = await writer.QuerySingleAsync<Sent>(new CommandDefinition(Sql.Of<FailoverLedger>("proof_message"), transaction: transaction, cancellationToken: cancel)).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        await using var reader = await open(cancel).ConfigureAwait(false);
        return await reader.ExecuteScalarAsync<string>(Command("proof_status", new { sent.Transaction }, cancel)).ConfigureAwait(false) == "committed"
            ? "a transaction was logged and committed; no row could be written, since the role may not make a large object"
            : throw new HealingException("a transaction that was committed on the new primary is not known there", "look at its log before anybody writes there");
    }

    private static CommandDefinition Command(string name, object? args, CancellationToken cancel) => new(Sql.Of<FailoverLedger>(name), args, commandTimeout: 30, cancellationToken: cancel);

    private sealed record Sent
    {
        public required string Lsn { get; init; }
        public required string Transaction { get; init; }
    }
}

/// <summary>A session of a promotion: with the standby's own login, never pooled, and allowed to write.</summary>
internal static class PromotionSession
{
    public static async Task<NpgsqlConnection> OpenAsync(Target standby, CancellationToken cancel)
    {
        var settings = TargetConnection.ForRepairs(standby.Options);
        settings.ApplicationName = "healing failover";
        var connection = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await connection.OpenAsync(cancel).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw TargetProblem.IsOfConnecting(e) ? TargetProblem.Explain(e, standby.Name, settings) : e;
        }
    }
}
