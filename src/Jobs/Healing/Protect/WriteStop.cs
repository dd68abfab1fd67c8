using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Healing;

/// <summary>
/// The setting in one target, looked at and changed under its lock. Sessions that are open keep what they began with: it is no fence.
/// The token lies beside the setting as one of our own, where the role may do that (a superuser); else the ledger alone knows whose it is.
/// </summary>
internal sealed class WriteStop(NpgsqlConnection session)
{
    public async Task<WriteStopLook> LookAsync(CancellationToken cancel)
    {
        await session.DoAsync(Sql.Of<WriteStop>("protection_lock"), null, cancel).ConfigureAwait(false);
        return await SeeAsync(session, cancel).ConfigureAwait(false);
    }

    /// <summary>Only a look, without its lock.</summary>
    public static async Task<WriteStopLook> SeeAsync(NpgsqlConnection check, CancellationToken cancel) =>
        (await check.FirstAsync<WriteStopLook>(Sql.Of<WriteStop>("protection_look"), null, cancel).ConfigureAwait(false))!;

    /// <summary>True where the token could be laid beside it.</summary>
    public async Task<bool> SetAsync(WriteStopLook look, NpgsqlTransaction within, string token, CancellationToken cancel)
    {
        await AlterAsync(look, "SET default_transaction_read_only = on", cancel).ConfigureAwait(false);
        await within.SaveAsync("mark", cancel).ConfigureAwait(false);
        try
        {
            await AlterAsync(look, $"SET healing.protection = '{token}'", cancel).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException e) when (e.SqlState is SqlState.InsufficientPrivilege or SqlState.UndefinedObject)
        {
            await within.RollbackAsync("mark", cancel).ConfigureAwait(false);
            return false;
        }
    }

    /// <summary>As it was before, and the token gone.</summary>
    public async Task LiftAsync(WriteStopLook look, string? before, CancellationToken cancel)
    {
        await AlterAsync(look, before is null ? "RESET default_transaction_read_only" : $"SET default_transaction_read_only = '{before.Replace("'", "''", StringComparison.Ordinal)}'", cancel).ConfigureAwait(false);
        await ForgetAsync(look, cancel).ConfigureAwait(false);
    }

    /// <summary>Only the token.</summary>
    public Task ForgetAsync(WriteStopLook look, CancellationToken cancel) =>
        look.Mark is null ? Task.CompletedTask : AlterAsync(look, "RESET healing.protection", cancel);

    private Task AlterAsync(WriteStopLook look, string what, CancellationToken cancel) => session.DoAsync(look.AlterDatabase + what, null, cancel);
}

internal sealed record WriteStopLook
{
    public string? Value { get; init; }
    public required bool Stopped { get; init; }
    public string? Mark { get; init; }
    /// <summary>The server's own spelling of its name is in it.</summary>
    public required string AlterDatabase { get; init; }

    /// <summary>Whether its token is one of this ledger.</summary>
    public bool IsOf(string ledger) => Mark?.Split('/') is [var by, _, _] && by == ledger;

    /// <summary>Whether it is by us: by the token where there is one, else by the ledger's word.</summary>
    public bool IsOurs(ProtectionDue due) => Stopped && due.State is ("setting" or "set")
        && (Mark is not null ? Mark == due.Token : due.Marked != true && (due.State == "set" || due.Before is not ("on" or "true" or "1" or "yes")));
}
