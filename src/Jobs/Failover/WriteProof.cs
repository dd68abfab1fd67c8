using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Failover;

/// <summary>A row written and committed on the new primary, read from another session, and taken away again with its table.</summary>
internal static class WriteProof
{
    /// <summary>How it was shown, in words. Throws <see cref="HealingException"/> where it was not.</summary>
    public static async Task<string> TakeAsync(Func<CancellationToken, Task<NpgsqlConnection>> open, FailoverRow failover, CancellationToken cancel)
    {
        await using var writer = await open(cancel).ConfigureAwait(false);
        var said = $"{failover.Standby} at {failover.StartedAt:u}";
        if (await writer.ExecuteScalarAsync<bool>(Command("proof_foreign", null, cancel)).ConfigureAwait(false) || !await MadeAsync(writer, cancel).ConfigureAwait(false))
        {
            return await ByMessageAsync(writer, open, cancel).ConfigureAwait(false);
        }
        try
        {
            await writer.ExecuteAsync(Command("proof_write", new { failover.Id, said }, cancel)).ConfigureAwait(false);
            await using var reader = await open(cancel).ConfigureAwait(false);
            return await reader.QueryFirstOrDefaultAsync<string>(Command("proof_read", new { failover.Id }, cancel)).ConfigureAwait(false) == said
                ? "a row was written, committed and read from another session"
                : throw new HealingException("a row that was committed on the new primary is not read back", "look at its log before anybody writes there");
        }
        finally
        {
            await writer.ExecuteAsync(Command("proof_drop", null, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    private static async Task<bool> MadeAsync(NpgsqlConnection writer, CancellationToken cancel)
    {
        try
        {
            await writer.ExecuteAsync(Command("proof_make", null, cancel)).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            return false;
        }
    }

    private static async Task<string> ByMessageAsync(NpgsqlConnection writer, Func<CancellationToken, Task<NpgsqlConnection>> open, CancellationToken cancel)
    {
        await using var transaction = await writer.BeginTransactionAsync(cancel).ConfigureAwait(false);
        var sent = await writer.QuerySingleAsync<Sent>(new CommandDefinition(Sql.Of<FailoverLedger>("proof_message"), transaction: transaction, cancellationToken: cancel)).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        await using var reader = await open(cancel).ConfigureAwait(false);
        return await reader.ExecuteScalarAsync<string>(Command("proof_status", new { sent.Transaction }, cancel)).ConfigureAwait(false) == "committed"
            ? "a transaction was logged and committed; no row could be written, since the role may not create a schema"
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
