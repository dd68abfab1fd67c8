using Dapper;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Dashboard.Fleet;

/// <summary>The workers: who is there, what each does, which leases it holds, and whether it is to take nothing new.</summary>
public sealed class WorkerBook(DashboardParts parts)
{
    /// <summary>A worker beats every few seconds; one silent for this long is thought dead.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Gone = TimeSpan.FromDays(1);

    /// <param name="all">Those as well that stopped or fell silent within a day.</param>
    public async Task<IReadOnlyList<WorkerView>> ListAsync(bool all, CancellationToken cancel)
    {
        var rows = await parts.Ledger.ReadAsync(c => c.QueryAsync<WorkerRow>(new CommandDefinition(Sql.Of<WorkerBook>("workers"), new { Silence, Gone, All = all }, cancellationToken: cancel)), cancel);
        var runs = (await parts.Ledger.ReadAsync(c => c.QueryAsync<RunInHandView>(new CommandDefinition(Sql.Of<WorkerBook>("runs_in_hand"), cancellationToken: cancel)), cancel)).ToLookup(r => r.Worker, StringComparer.Ordinal);
        var leases = (await new LeaseLedger(parts.Ledger).HeldAsync(cancel)).ToLookup(l => l.Holder, StringComparer.Ordinal);
        var drains = await new Drains(parts.Ledger).ListAsync(cancel);
        return [.. rows.Select(row =>
        {
            var process = row.Process();
            var drained = drains.FirstOrDefault(d => d.Is(process));
            var inHand = runs[row.Id].ToList();
            return new WorkerView(row.Id, row.Host, row.Pid, row.Version, row.Engine, StateOf(row, drained, inHand.Count), row.StartedAt, row.HeartbeatAt, row.StoppedAt, inHand,
                [.. leases[row.Id].Select(l => new LeaseView(l.Resource, l.IncidentId, l.AcquiredAt, l.ExpiresAt))], drained);
        })];
    }

    public async Task<WorkerView?> FindAsync(string id, CancellationToken cancel) =>
        (await ListAsync(all: true, cancel)).FirstOrDefault(w => string.Equals(w.Id, id, StringComparison.Ordinal));

    private static string StateOf(WorkerRow row, Drain? drained, int inHand) =>
        row.StoppedAt is not null ? "stopped" : row.Silent ? "silent" : drained is not null ? inHand > 0 ? "draining" : "drained" : inHand > 0 ? "working" : "idle";

    private sealed record WorkerRow
    {
        public required string Id { get; init; }
        public required string Host { get; init; }
        public required int Pid { get; init; }
        public required string Version { get; init; }
        public required string Engine { get; init; }
        public required DateTimeOffset StartedAt { get; init; }
        public required DateTimeOffset HeartbeatAt { get; init; }
        public DateTimeOffset? StoppedAt { get; init; }
        public required bool Silent { get; init; }

        public WorkerProcess Process() => new() { Id = Id, Host = Host, Pid = Pid, Version = Version, Engine = Engine };
    }
}

/// <param name="State">working | idle | draining (it finishes what it has) | drained | silent | stopped.</param>
public sealed record WorkerView(
    string Id, string Host, int Pid, string Version, string Engine, string State, DateTimeOffset StartedAt, DateTimeOffset HeartbeatAt, DateTimeOffset? StoppedAt,
    IReadOnlyList<RunInHandView> Runs, IReadOnlyList<LeaseView> Leases, Drain? Drained);

public sealed record RunInHandView
{
    public required long Id { get; init; }
    public required string Key { get; init; }
    public required string Job { get; init; }
    public string? Target { get; init; }
    public required string Worker { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? LeaseUntil { get; init; }
    public required int Executions { get; init; }
}

public sealed record LeaseView(string Resource, long? IncidentId, DateTimeOffset AcquiredAt, DateTimeOffset ExpiresAt);
