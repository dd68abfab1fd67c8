using HealingWorkers.Integration.Tests.Ledger;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Integration.Tests.Incidents;

/// <summary>A ledger with one target, and reports about its one index.</summary>
internal sealed class Damaged : IAsyncDisposable
{
    public const long Index = 16400;
    private static readonly TargetId Id = new("7300000000000000001", 16384);
    private static readonly RelationName Name = new(Index, "public.movies_pkey");

    private Damaged(FreshLedger ledger) => (Ledger, Incidents, Leases) = (ledger, new IncidentLedger(ledger.Db), new LeaseLedger(ledger.Db));

    public FreshLedger Ledger { get; }
    public IncidentLedger Incidents { get; }
    public LeaseLedger Leases { get; }
    public long Target { get; private set; }

    public static TargetFacts Facts => new(Id, "movies", 150018, false, true, "postgres", true, null, new Dictionary<string, string>(StringComparer.Ordinal));

    public static async Task<Damaged> CreateAsync()
    {
        var damaged = new Damaged(await FreshLedger.CreateAsync());
        damaged.Target = await damaged.Incidents.RegisterTargetAsync("movies", Facts, default);
        return damaged;
    }

    public static Finding Finding(FindingKind? kind = null, string detail = "item order") =>
        Jobs.Findings.Finding.Of("btree", kind ?? FindingKind.BtreeCorrupt, Id, Name, detail);

    public static CheckReport Report(params Finding[] findings) => new("btree", CheckStatus.Damaged, TimeSpan.FromSeconds(1), null, findings, [Index]);

    public static CheckReport Clean(CheckStatus status = CheckStatus.Clean, params long[] examined) =>
        new("btree", status, TimeSpan.FromSeconds(1), null, [], examined.Length == 0 ? [Index] : examined);

    public Task<TakenIn> TakeInAsync(CheckReport report, bool demonstration = false) =>
        Incidents.TakeInAsync(Target, report, null, 3, "worker-1", default, demonstration);

    public async Task<Incident> OpenAsync(FindingKind? kind = null) => (await TakeInAsync(Report(Finding(kind)))).Opened[0];

    public async Task<Incident> AgainAsync(long id) => (await Incidents.FindAsync(id, default))!;

    public async Task<Lease> LeaseAsync(string holder = "worker-1", double seconds = 60) =>
        (await Leases.TakeAsync(Lease.OfTarget(Target), holder, null, TimeSpan.FromSeconds(seconds), default))!;

    public Task ExpireLeaseAsync() => Ledger.ExecuteAsync("UPDATE healing.leases SET expires_at = clock_timestamp() - interval '1 second'");

    public Task<Incident> MoveAsync(Incident incident, IncidentState to, Move? move = null) =>
        Incidents.MoveAsync(incident.Id, incident.State, to, move ?? new Move("worker-1", $"to {to}"), default);

    /// <summary>One attempt that fails, from Detected to Detected.</summary>
    public async Task<Incident> FailAsync(Incident incident, Lease lease)
    {
        await Incidents.BeginAttemptAsync(incident, lease.Fence, lease.Holder, default);
        return await MoveAsync(await AgainAsync(incident.Id), IncidentState.Detected,
            new Move(lease.Holder, "failed") { Fence = lease.Fence, AttemptOutcome = "failed", AttemptError = "no room" });
    }

    public Task<string?> AuditAsync(long incident) => Ledger.ScalarAsync<string>(
        "SELECT string_agg(event_type, ' ' ORDER BY id) FROM healing.audit_log WHERE incident_id = @incident", new { incident });

    public ValueTask DisposeAsync() => Ledger.DisposeAsync();
}
