using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>Which evidence was kept, where, and until when. The files themselves are the business of who took them.</summary>
public sealed class SnapshotLedger(LedgerDb db)
{
    /// <summary>Under the fence of the repair that it is taken for; returns the id.</summary>
    public Task<long> RecordAsync(NewSnapshot snapshot, Fence fence, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        await LeaseLedger.RequireAsync(connection, transaction, fence, cancel).ConfigureAwait(false);
        return await connection.FirstAsync<long>(Sql.Of<SnapshotLedger>("snapshot_record"), snapshot, cancel, transaction).ConfigureAwait(false);
    }, cancel);

    public Task<SnapshotRow?> FindAsync(long id, CancellationToken cancel) =>
        db.FirstAsync<SnapshotRow>(Sql.Of<SnapshotLedger>("snapshot_find"), new { Id = id }, cancel);

    /// <summary>All of an incident, oldest first, those whose files are gone by now included.</summary>
    public Task<IReadOnlyList<SnapshotRow>> OfIncidentAsync(long incident, CancellationToken cancel) =>
        db.ListAsync<SnapshotRow>(Sql.Of<SnapshotLedger>("snapshots_of_incident"), new { Incident = incident }, cancel);

    /// <summary>A copy of the whole server that an incident may use instead of taking its own: one of its own, or one younger than that.</summary>
    public Task<SnapshotRow?> ShareableAsync(string systemIdentifier, string host, string kind, long incident, TimeSpan shareFor, CancellationToken cancel) =>
        db.FirstAsync<SnapshotRow>(Sql.Of<SnapshotLedger>("snapshot_shareable"), new { SystemIdentifier = systemIdentifier, Host = host, Kind = kind, Incident = incident, ShareFor = shareFor }, cancel);

    /// <summary>Gives another incident a claim on a copy that is there; its id, or null when the copy has gone meanwhile.</summary>
    public Task<long?> ShareAsync(SnapshotRow snapshot, long incident, int attempt, TimeSpan keep, Fence fence, CancellationToken cancel) => db.InTransactionAsync(async (connection, transaction) =>
    {
        await LeaseLedger.RequireAsync(connection, transaction, fence, cancel).ConfigureAwait(false);
        return await connection.FirstAsync<long?>(Sql.Of<SnapshotLedger>("snapshot_share"), new { snapshot.Id, Incident = incident, Attempt = attempt, Keep = keep }, cancel, transaction).ConfigureAwait(false);
    }, cancel);

    /// <summary>Whether that session is one of the very server that holds this ledger.</summary>
    public async Task<bool> IsOnAsync(Npgsql.NpgsqlConnection connection, CancellationToken cancel)
    {
        var ours = await db.FirstAsync<string>(Sql.Of<SnapshotLedger>("own_server"), null, cancel).ConfigureAwait(false);
        return ours == await connection.FirstAsync<string>(Sql.Of<SnapshotLedger>("own_server"), null, cancel).ConfigureAwait(false);
    }

    /// <summary>Every place in which some incident has evidence, on whichever machine.</summary>
    public Task<IReadOnlyList<string>> PlacesAsync(CancellationToken cancel) =>
        db.ListAsync<string>(Sql.Of<SnapshotLedger>("snapshot_places"), null, cancel);

    /// <summary>Past their time, of closed incidents, wherever they lie: only who sees the files can remove them. By their id.</summary>
    public Task<IReadOnlyList<SnapshotRow>> ExpiredAsync(long after, int most, CancellationToken cancel) =>
        db.ListAsync<SnapshotRow>(Sql.Of<SnapshotLedger>("snapshots_expired"), new { After = after, Most = most }, cancel);

    /// <summary>The files are gone; the row stays. False when that was known.</summary>
    public async Task<bool> RemovedAsync(long id, CancellationToken cancel) =>
        await db.DoAsync(Sql.Of<SnapshotLedger>("snapshot_removed"), new { Id = id }, cancel).ConfigureAwait(false) == 1;
}

/// <param name="Kind">relation_files | evidence | base_backup | data_directory.</param>
/// <param name="Manifest">JSON: every file with size and hash.</param>
public sealed record NewSnapshot(long IncidentId, int Attempt, string Kind, string Place, string Host, long Bytes, string Sha256, string Manifest, TimeSpan Keep);

public sealed record SnapshotRow
{
    public required long Id { get; init; }
    public required long IncidentId { get; init; }
    public required int Attempt { get; init; }
    public required string Kind { get; init; }
    public required string Place { get; init; }
    public required string Host { get; init; }
    public required long Bytes { get; init; }
    public required string Sha256 { get; init; }
    public required string Manifest { get; init; }
    public required DateTimeOffset TakenAt { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
    public DateTimeOffset? RemovedAt { get; init; }
}
