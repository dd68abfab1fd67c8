using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>Asks the primary how far it is, then each standby how far behind that.</summary>
public static class StandbyReader
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    public static async Task<IReadOnlyList<StandbyLook>> LookAsync(Target target, CancellationToken cancel)
    {
        var looks = new List<StandbyLook>();
        foreach (var standby in target.Options.Standbys)
        {
            looks.Add(await LookAsync(target, standby, cancel).ConfigureAwait(false));
        }
        return looks;
    }

    public static async Task<StandbyLook> LookAsync(Target target, StandbyOptions standby, CancellationToken cancel)
    {
        await using var seen = StandbyTarget.Of(target, standby);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        PrimaryPosition? primary = null;
        try
        {
            primary = await PrimaryAsync(target, limit.Token).ConfigureAwait(false);
            StandbyLook look;
            await using (var connection = await seen.OpenCheckAsync(limit.Token).ConfigureAwait(false))
            {
                look = await AskAsync(connection, standby.Name, primary?.Lsn, limit.Token).ConfigureAwait(false);
            }
            look = look with { PrimaryTimeline = primary?.Timeline, PrimarySystem = primary?.SystemIdentifier };
            look = look with { IsPrimary = !look.InRecovery && primary is not null && look.SystemIdentifier == primary.SystemIdentifier && look.Started == primary.Started };
            return primary is null ? look : await SendingAsync(target, look, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HealingException or NpgsqlException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            // how far the primary was is worth knowing all the more
            return new()
            {
                Name = standby.Name, Problem = e is OperationCanceledException ? $"it did not answer within {Patience.TotalSeconds:0} s" : Redactor.Text(e.Message),
                PrimaryLsn = primary?.Lsn, PrimaryTimeline = primary?.Timeline, PrimarySystem = primary?.SystemIdentifier,
            };
        }
    }

    /// <summary>One standby by itself, behind a position of the primary that is known.</summary>
    public static async Task<StandbyLook> AskAsync(NpgsqlConnection standby, string name, string? primaryLsn, CancellationToken cancel) =>
        await standby.QuerySingleAsync<StandbyLook>(new CommandDefinition(Sql.Of(typeof(StandbyReader), "standby"), new { Name = name, PrimaryLsn = primaryLsn }, cancellationToken: cancel)).ConfigureAwait(false)
            with { PrimaryLsn = primaryLsn };

    /// <summary>Null where the target cannot be asked, or is itself a standby.</summary>
    public static async Task<PrimaryPosition?> PrimaryAsync(Target target, CancellationToken cancel)
    {
        try
        {
            await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
            return await connection.QuerySingleOrDefaultAsync<PrimaryPosition>(new CommandDefinition(Sql.Of(typeof(StandbyReader), "primary_position"), cancellationToken: cancel)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HealingException or NpgsqlException)
        {
            // that it is away is told by whoever looks at it
            return null;
        }
    }

    private static async Task<StandbyLook> SendingAsync(Target target, StandbyLook look, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        var (slot, sync, sent) = await connection.QuerySingleAsync<(string? Slot, string? Sync, bool Sent)>(
            new CommandDefinition(Sql.Of(typeof(StandbyReader), "standby_sender"), new { look.Slot, look.Name, look.Cluster }, cancellationToken: cancel)).ConfigureAwait(false);
        return look with { SlotState = slot, Sync = sync, MayBeSentTo = sent };
    }
}

public sealed record PrimaryPosition
{
    public required string SystemIdentifier { get; init; }
    public required string Lsn { get; init; }
    public required int Timeline { get; init; }
    public DateTime? Started { get; init; }
}
