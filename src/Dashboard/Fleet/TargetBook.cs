using Dapper;
using HealingWorkers.Dashboard.Api;
using HealingWorkers.Jobs.Failover;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Dashboard.Fleet;

/// <summary>The configured targets and what the ledger knows of them; asks none of their servers.</summary>
public sealed class TargetBook(DashboardParts parts)
{
    private const int MostFailovers = 50;
    private const int MostChecks = 2000;

    public async Task<IReadOnlyList<TargetView>> ListAsync(CancellationToken cancel)
    {
        var rows = await parts.Ledger.ReadAsync(c => c.QueryAsync<KnownTarget>(new CommandDefinition(Sql.Of<KnownTarget>("targets"), cancellationToken: cancel)), cancel);
        var known = rows.ToDictionary(r => r.Name, StringComparer.Ordinal);
        var pauses = await new Pauses(parts.Ledger).ListAsync(cancel);
        var protections = await MissingTable.TryAsync(() => new ProtectionLedger(parts.Ledger).ListAsync(cancel));
        return [.. parts.Options.Targets.Select(target => Of(target, known.GetValueOrDefault(target.Name), pauses, protections))];
    }

    public async Task<TargetDetails?> FindAsync(string name, CancellationToken cancel)
    {
        if (parts.Options.Targets.FirstOrDefault(t => string.Equals(t.Name, name, StringComparison.Ordinal)) is not { } options
            || (await ListAsync(cancel)).FirstOrDefault(t => string.Equals(t.Name, name, StringComparison.Ordinal)) is not { } view)
            return null;
        var checks = view.Id is null ? [] : await parts.Ledger.ReadAsync(c => c.QueryAsync<LastCheck>(new CommandDefinition(Sql.Of<TargetBook>("last_checks"), new { Target = view.Id, Most = MostChecks + 1 }, cancellationToken: cancel)), cancel);
        return new(view, [.. checks.Take(MostChecks)], checks.Count() > MostChecks, options.MaintenanceWindow, [.. options.CriticalIndexes], options.Policy.ToDictionary(p => p.Key, p => p.Value.ToString().ToLowerInvariant(), StringComparer.Ordinal));
    }

    /// <summary>Null where no such target is configured.</summary>
    public async Task<TargetStandbys?> StandbysAsync(string name, CancellationToken cancel)
    {
        if ((await ListAsync(cancel)).FirstOrDefault(t => string.Equals(t.Name, name, StringComparison.Ordinal)) is not { } view)
            return null;
        return new(name, view.LookedAt, view.Look?.Watched ?? [], await new FailoverLedger(parts.Ledger).ListAsync(name, MostFailovers, cancel));
    }

    private TargetView Of(TargetOptions target, KnownTarget? row, IReadOnlyList<Pause> pauses, Perhaps<IReadOnlyList<ProtectionRow>> protections)
    {
        var observes = parts.Options.Mode == HealingMode.Observe || target.Mode == HealingMode.Observe;
        var pause = pauses.FirstOrDefault(p => p.TargetId is null) ?? pauses.FirstOrDefault(p => p.TargetId == row?.Id);
        return new(row?.Id, target.Name, observes ? "observe" : "heal", pause is not null, pause is null ? null : new(pause.TargetId is null, pause.Actor, pause.Why, pause.At),
            row?.Database, row?.ServerVersion, row?.FirstSeenAt, row?.LastSeenAt, row?.OpenIncidents ?? 0, row?.QuarantinedRows, row?.LookAt, row?.Look is { } look ? TargetLook.Read(look) : null)
        {
            Protection = new(target.Protect == Protection.ReadOnly, protections.Value?.FirstOrDefault(p => p.TargetId == row?.Id), target.Protect == Protection.ReadOnly ? protections.Missing : null),
        };
    }
}

/// <param name="Id">The ledger's; null until it was reached once, and so are the others.</param>
/// <param name="Look">How it was at the last health check.</param>
public sealed record TargetView(
    long? Id, string Name, string Mode, bool Paused, PauseView? Pause, string? Database, int? ServerVersion, DateTimeOffset? FirstSeenAt, DateTimeOffset? LastSeenAt,
    int OpenIncidents, long? QuarantinedRows, DateTimeOffset? LookedAt, TargetLook? Look)
{
    public required ProtectionView Protection { get; init; }
}

/// <param name="Wanted">Whether writes are stopped while critical corruption is open (`protect: read_only`).</param>
/// <param name="Now">What was done about it last; null: nothing ever.</param>
/// <param name="Missing">Why this ledger cannot say.</param>
public sealed record ProtectionView(bool Wanted, ProtectionRow? Now, string? Missing);

/// <param name="Everything">Repairs of all targets are held, not of this one alone.</param>
public sealed record PauseView(bool Everything, string Actor, string Why, DateTimeOffset At);

/// <param name="Checks">What is wrong first.</param>
/// <param name="MoreChecks">There are more than these.</param>
public sealed record TargetDetails(TargetView Target, IReadOnlyList<LastCheck> Checks, bool MoreChecks, string? MaintenanceWindow, IReadOnlyList<string> CriticalIndexes, IReadOnlyDictionary<string, string> Policy);

/// <param name="LookedAt">When the health check last looked; null: never.</param>
/// <param name="Failovers">The newest first.</param>
public sealed record TargetStandbys(string Target, DateTimeOffset? LookedAt, IReadOnlyList<StandbyLook> Standbys, IReadOnlyList<FailoverRow> Failovers);

/// <summary>The last run of a check, on the database or on one relation of it.</summary>
public sealed record LastCheck
{
    public required string Check { get; init; }
    /// <summary>Empty: the whole database.</summary>
    public required string Object { get; init; }
    /// <summary>clean | damaged | unavailable | failed.</summary>
    public required string Status { get; init; }
    public string? Reason { get; init; }
    public required double Seconds { get; init; }
    public required DateTimeOffset At { get; init; }
    /// <summary>When it last really looked.</summary>
    public DateTimeOffset? LastSuccessAt { get; init; }
}
