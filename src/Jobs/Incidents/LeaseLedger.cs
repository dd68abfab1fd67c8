using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>Leases with fencing tokens, by the control database's clock.</summary>
public sealed class LeaseLedger(LedgerDb db)
{
    /// <summary>
    /// Takes a free or expired lease. Null while somebody holds it, be it the same holder. An expired holder's backend comes along, to be
    /// ended first; the ledger keeps it until this holder records its own, so that it is not forgotten should this one die as well.
    /// </summary>
    public Task<Lease?> TakeAsync(string resource, string holder, long? incident, TimeSpan duration, CancellationToken cancel) =>
        db.InTransactionAsync(async (connection, transaction) =>
        {
            await connection.DoAsync(Sql.Of<LeaseLedger>("lease_exists"), new { Resource = resource }, cancel, transaction).ConfigureAwait(false);
            var taken = await connection.FirstAsync<TakenRow>(Sql.Of<LeaseLedger>("lease_take"),
                new { Resource = resource, Holder = holder, Incident = incident, Duration = duration }, cancel, transaction).ConfigureAwait(false);
            return taken is null ? null : new Lease(resource, holder, taken.Token, taken.Left());
        }, cancel);

    /// <summary>False when the lease is no longer this holder's.</summary>
    public async Task<bool> RenewAsync(Lease lease, TimeSpan duration, CancellationToken cancel) =>
        await db.DoAsync(Sql.Of<LeaseLedger>("lease_renew"), new { lease.Resource, lease.Holder, lease.Token, Duration = duration }, cancel).ConfigureAwait(false) == 1;

    /// <summary>Writes which server backend works under this lease, once the predecessor's is gone. Throws <see cref="FencedException"/>.</summary>
    public async Task RecordBackendAsync(Lease lease, int pid, DateTime backendStart, CancellationToken cancel)
    {
        var start = backendStart.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(backendStart, DateTimeKind.Utc) : backendStart.ToUniversalTime();
        var args = new { lease.Resource, lease.Holder, lease.Token, Pid = pid, Start = start };
        if (await db.DoAsync(Sql.Of<LeaseLedger>("lease_backend"), args, cancel).ConfigureAwait(false) == 0)
            throw new FencedException(lease.Resource, lease.Token);
    }

    /// <summary>Gives it back; nothing happens when it has passed to somebody else already.</summary>
    public Task ReleaseAsync(Lease lease, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<LeaseLedger>("lease_release"), new { lease.Resource, lease.Holder, lease.Token }, cancel);

    /// <summary>Who works on what now, with the backend that does it.</summary>
    public Task<IReadOnlyList<LeaseHeld>> HeldAsync(CancellationToken cancel) =>
        db.ListAsync<LeaseHeld>(Sql.Of<LeaseLedger>("leases_held"), null, cancel);

    /// <summary>Who copies a whole server right now, as SERVER-TOKEN.</summary>
    public Task<IReadOnlyList<string>> BasesAsync(CancellationToken cancel) => db.ListAsync<string>(Sql.Of<LeaseLedger>("leases_of_bases"), null, cancel);

    /// <summary>Holds the lease row still until the transaction ends, so that no successor can come between the check and the write.</summary>
    internal static async Task RequireAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Fence fence, CancellationToken cancel)
    {
        if (await connection.FirstAsync<long?>(Sql.Of<LeaseLedger>("lease_require"), fence, cancel, transaction).ConfigureAwait(false) is null)
            throw new FencedException(fence.Resource, fence.Token);
    }

    private sealed record TakenRow
    {
        public required long Token { get; init; }
        public int? BackendPid { get; init; }
        public DateTime? BackendStart { get; init; }

        public Backend? Left() => BackendPid is { } pid && BackendStart is { } start ? new Backend(pid, start) : null;
    }
}

/// <param name="Predecessor">The backend that the holder before left behind, or null.</param>
public sealed record Lease(string Resource, string Holder, long Token, Backend? Predecessor)
{
    public Fence Fence => new(Resource, Token);
    /// <summary>Of whoever copies a whole server onto a host.</summary>
    public static string OfBase(string systemIdentifier, string host) => $"base:{systemIdentifier}:{host}";
    public static string OfTarget(long target) => $"target:{target}";
}

/// <summary>A server backend, known by pid and start together: a pid alone is used again.</summary>
public sealed record Backend(int Pid, DateTime Start);

public sealed record LeaseHeld
{
    public required string Resource { get; init; }
    public required string Holder { get; init; }
    public required long Token { get; init; }
    public required DateTimeOffset AcquiredAt { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
    public long? IncidentId { get; init; }
    public int? BackendPid { get; init; }
    public DateTimeOffset? BackendStart { get; init; }
}
