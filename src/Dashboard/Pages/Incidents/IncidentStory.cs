using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;

namespace HealingWorkers.Dashboard.Pages.Incidents;

/// <summary>All that the ledger knows of one incident.</summary>
public sealed record IncidentStory(
    Incident Incident, IReadOnlyList<AttemptRow> Attempts, IReadOnlyList<Station> Stations, IReadOnlyList<SnapshotRow> Snapshots, IReadOnlyList<Receipt> Receipts, bool Paused)
{
    private const int MostStations = 200;

    /// <summary>How its database was doing when it began and when it ended, or why that is not known.</summary>
    public required Perhaps<IReadOnlyList<KeptMoment>> Moments { get; init; }

    /// <summary>The newest run that was to bring its rows back, or to take them again; null where its end has changed the incident since, or none was asked for.</summary>
    public JobRun? Undo { get; init; }

    /// <summary>There are older stations than these.</summary>
    public bool IsCut { get; init; }

    public bool UndoIsActive => Undo is { EndedAt: null };

    public long RowsQuarantined => Attempts.Sum(a => a.RowsQuarantined);

    /// <summary>Those that an undo can bring back; of a resolved one it is the state that tells.</summary>
    public long RowsLeft => Incident.State == IncidentState.Resolved ? RowsQuarantined : RowsQuarantined - Attempts.Back();

    /// <summary>Null where there is no such incident.</summary>
    public static async Task<IncidentStory?> ReadAsync(LedgerDb db, long id, CancellationToken cancel)
    {
        var ledger = new IncidentLedger(db);
        if (await ledger.FindAsync(id, cancel) is not { } incident)
            return null;
        var audit = await new AuditLog(db).ListAsync(id, null, MostStations + 1, cancel);
        var stations = Station.Of([.. audit.Take(MostStations).Reverse()]);
        return new(incident, await ledger.AttemptsAsync(id, cancel), stations,
            await new SnapshotLedger(db).OfIncidentAsync(id, cancel), await new ReceiptLedger(db).OfIncidentAsync(id, cancel), await new Pauses(db).IsPausedAsync(incident.TargetId, cancel))
        {
            IsCut = audit.Count > MostStations,
            Undo = await UndoAsync(db, id, stations.LastOrDefault(s => s.Name is not null)?.At, cancel),
            Moments = await MissingTable.TryAsync(() => new SampleLedger(db).MomentsAsync(id, cancel)),
        };
    }

    private static async Task<JobRun?> UndoAsync(LedgerDb db, long id, DateTimeOffset? moved, CancellationToken cancel)
    {
        var runs = await new JobLedger(db).HistoryAsync(new JobRunFilter { Job = JobNames.Undo, Incident = id, Whole = false, Limit = 1 }, cancel);
        return runs.Count == 0 || (runs[0].EndedAt is not null && runs[0].CreatedAt < moved) ? null : runs[0];
    }
}

/// <param name="Name">Where it was from then on; null where it stayed where it was.</param>
/// <param name="Took">Until the next row; null of the last one.</param>
public sealed record Station(DateTimeOffset At, IncidentState? Name, string What, string Actor, TimeSpan? Took)
{
    public static IReadOnlyList<Station> Of(IReadOnlyList<AuditRow> rows) =>
        [.. rows.Select((row, n) => new Station(row.At, StateOf(row), row.Message, row.Actor, n + 1 < rows.Count ? rows[n + 1].At - row.At : null))];

    private static IncidentState? StateOf(AuditRow row)
    {
        var metadata = JsonNode.Parse(row.Metadata) as JsonObject;
        return Enum.TryParse<IncidentState>($"{metadata?["to"]}", out var to) && $"{metadata?["from"]}" != to.ToString() ? to : null;
    }
}
