using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>Leases with fencing tokens, by the control database's clock.</summary>
public sealed class LeaseLedger(LedgerDb db)
{
    /// <summary>Takes a free or expired lease. Null while somebody holds it. An expired holder's backend comes along, to be ended first.</summary>
    public Task<Lease?> TakeAsync(string resource, string holder, long? incident, TimeSpan duration, CancellationToken cancel) => throw new NotSupportedException(db.ConnectionString);

    /// <summary>False when the lease is no longer this holder's.</summary>
    public Task<bool> RenewAsync(Lease lease, TimeSpan duration, CancellationToken cancel) => throw new NotSupportedException();

    /// <summary>Writes which server backend works under this lease. Throws <see cref="FencedException"/>.</summary>
    public Task RecordBackendAsync(Lease lease, int pid, DateTime backendStart, CancellationToken cancel) => throw new NotSupportedException();

    public Task ReleaseAsync(Lease lease, CancellationToken cancel) => throw new NotSupportedException();
}

/// <param name="Predecessor">The backend that the holder before left behind, or null.</param>
public sealed record Lease(string Resource, string Holder, long Token, Backend? Predecessor)
{
    public Fence Fence => new(Resource, Token);
    public static string OfTarget(long target) => $"target:{target}";
}

/// <summary>A server backend, known by pid and start together: a pid alone is used again.</summary>
public sealed record Backend(int Pid, DateTime Start);
