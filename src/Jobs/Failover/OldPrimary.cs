using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Failover;

/// <summary>Asks every address of the target whether a server there takes writes. Silence is no answer.</summary>
internal static class OldPrimary
{
    private const int Seconds = 5;

    /// <param name="told">A standby that was told to promote, and is gone.</param>
    public static async Task<IReadOnlyList<HostSeen>> AskAsync(TargetOptions target, StandbyOptions? told, CancellationToken cancel)
    {
        var seen = new List<HostSeen>();
        foreach (var settings in Hosts(target, told))
        {
            seen.Add(await AskAsync(settings, cancel).ConfigureAwait(false));
        }
        return seen;
    }

    /// <summary>Of every connection of the target, and of a string with several hosts one each; an address only once.</summary>
    public static IEnumerable<NpgsqlConnectionStringBuilder> Hosts(TargetOptions target, StandbyOptions? told) =>
        new[] { target.Connections.Check, target.Connection, target.Connections.Repair, target.Connections.Surgery, told?.Connection ?? "" }
            .Where(c => c.Length > 0).SelectMany(c => HostsOf(new() { Name = target.Name, Connection = c })).DistinctBy(h => Address.Text(h.Host!, h.Port), StringComparer.Ordinal);

    private static IEnumerable<NpgsqlConnectionStringBuilder> HostsOf(TargetOptions target)
    {
        var all = TargetConnection.ForChecks(target);
        foreach (var host in all.Host!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            var one = new NpgsqlConnectionStringBuilder(all.ConnectionString) { Pooling = false, Timeout = Seconds, CommandTimeout = Seconds };
            one.Remove("Target Session Attributes");
            one.Remove("Load Balance Hosts");
            (one.Host, one.Port) = Address.Of(host, all.Port);
            yield return one;
        }
    }

    public static Task<ServerSeen> WhoAsync(NpgsqlConnection connection, CancellationToken cancel) =>
        connection.QuerySingleAsync<ServerSeen>(new CommandDefinition(Sql.Of<FailoverLedger>("server_seen"), cancellationToken: cancel));

    public static async Task<HostSeen> AskAsync(NpgsqlConnectionStringBuilder settings, CancellationToken cancel)
    {
        var name = Address.Text(settings.Host!, settings.Port);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(2 * Seconds));
        try
        {
            await using var connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync(limit.Token).ConfigureAwait(false);
            var server = await WhoAsync(connection, limit.Token).ConfigureAwait(false);
            if (server.Recovering)
            {
                server = await PlacedAsync(connection, server, limit.Token, cancel).ConfigureAwait(false);
            }
            return new(name, server.Recovering ? HostState.Recovering : HostState.TakesWrites, server, server.Recovering ? "is in recovery" : "takes writes");
        }
        catch (PostgresException e)
        {
            return new(name, HostState.Answers, null, $"answers, though it lets nobody in: {e.MessageText}") { SqlState = e.SqlState };
        }
        catch (Exception e) when (TargetProblem.IsOfConnecting(e) || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return new(name, HostState.Away, null, $"cannot be reached: {(e.InnerException ?? e).Message}");
        }
    }

    /// <summary>What it has said of itself stands, whatever becomes of this look.</summary>
    private static async Task<ServerSeen> PlacedAsync(NpgsqlConnection connection, ServerSeen server, CancellationToken limit, CancellationToken cancel)
    {
        try
        {
            return server with { DirectorySince = await DataDirectoryMark.OfAsync(connection, limit).ConfigureAwait(false) };
        }
        catch (Exception e) when (e is NpgsqlException || (e is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return server with { DirectoryUnread = e.Message };
        }
    }
}

internal enum HostState { TakesWrites, Recovering, Answers, Away }

internal sealed record HostSeen(string Host, HostState State, ServerSeen? Server, string Said)
{
    private const string ShutDownOrStarting = "57P03";
    private const string OfConnecting = "08";

    /// <summary>Why it let nobody in.</summary>
    public string? SqlState { get; init; }

    public string? TakesWrites => State == HostState.TakesWrites ? $"the primary at {Host} takes writes: two servers would take them. Stop it first" : null;

    /// <summary>A server said so itself, and no pool before one that is gone.</summary>
    public bool IsCertainlyUp => State == HostState.Answers && SqlState != ShutDownOrStarting && SqlState?.StartsWith(OfConnecting, StringComparison.Ordinal) != true;
}

/// <param name="Started">To the microsecond, so that two addresses of one server are told from two servers.</param>
/// <param name="Timeline">Of one that takes writes.</param>
/// <param name="Receiving">WAL, from a server that lives.</param>
internal sealed record ServerSeen(bool Recovering, string SystemIdentifier, DateTime Started, int? Timeline, bool Receiving)
{
    /// <summary>Of its data directory, which tells it from a copy; null where nobody may look.</summary>
    public DateTime? DirectorySince { get; init; }
    /// <summary>Why it did not answer to that, though the role may ask.</summary>
    public string? DirectoryUnread { get; init; }

    public bool IsThatOf(ServerSeen other) => SystemIdentifier == other.SystemIdentifier && Started == other.Started;
}
