using System.Text.Json;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Api;

/// <summary>What was kept of an incident: its receipts, its snapshots, and what happened when.</summary>
internal static class EvidenceEndpoints
{
    private const int MostSteps = 1000;

    public static void Map(IEndpointRouteBuilder api, DashboardParts parts)
    {
        var incidents = new IncidentLedger(parts.Ledger);
        Map("receipts", "The receipts of an incident, the oldest first; each bears the hash of the one before in the chain", async (id, cancel) =>
            (IReadOnlyList<ReceiptShape>)[.. (await new ReceiptLedger(parts.Ledger).OfIncidentAsync(id, cancel)).Select(r => new ReceiptShape(r.Seq, r.Attempt, JsonElement.Parse(r.Body), r.PreviousHash, r.Hash, r.At))]);
        Map("snapshots", "What was kept before its repairs, those included whose files are gone by now", async (id, cancel) =>
            (IReadOnlyList<SnapshotShape>)[.. (await new SnapshotLedger(parts.Ledger).OfIncidentAsync(id, cancel)).Select(s => new SnapshotShape(s.Id, s.Attempt, s.Kind, s.Place, s.Host, s.Bytes, s.Sha256, s.TakenAt, s.ExpiresAt, s.RemovedAt))]);
        Map("samples", "How its database was doing when it began and when it ended: pool, activity, waits, locks, sizes, replication", async (id, cancel) =>
            (IReadOnlyList<MomentShape>)[.. (await new SampleLedger(parts.Ledger).MomentsAsync(id, cancel)).Select(m => new MomentShape(m.Moment, m.At, JsonElement.Parse(m.Body)))]);
        Map("timeline", "What happened to an incident, the oldest first, and how long it stayed so", async (id, cancel) =>
        {
            var rows = (await new AuditLog(parts.Ledger).ListAsync(new AuditFilter { Incident = id, Limit = MostSteps }, cancel)).Reverse().ToList();
            return (IReadOnlyList<StepShape>)[.. rows.Select((r, n) => new StepShape(r.At, r.EventType, r.Message, r.Actor, n + 1 < rows.Count ? (rows[n + 1].At - r.At).TotalSeconds : null))];
        });

        void Map<T>(string what, string summary, Func<long, CancellationToken, Task<IReadOnlyList<T>>> read) =>
            api.MapGet($"/incidents/{{id:long}}/{what}", async (long id, CancellationToken cancel) => await incidents.FindAsync(id, cancel) is null ? Problems.NoIncident(id) : (IResult)TypedResults.Json(await read(id, cancel)))
                .WithSummary(summary).Produces<IReadOnlyList<T>>().ProducesProblem(StatusCodes.Status404NotFound).Example("id", "1");
    }
}

public sealed record ReceiptShape(long Seq, int Attempt, JsonElement Body, string PreviousHash, string Hash, DateTimeOffset At);

public sealed record SnapshotShape(long Id, int Attempt, string Kind, string Place, string Host, long Bytes, string Sha256, DateTimeOffset TakenAt, DateTimeOffset ExpiresAt, DateTimeOffset? RemovedAt);

/// <param name="Moment">start | end.</param>
public sealed record MomentShape(string Moment, DateTimeOffset At, JsonElement Sample);

/// <param name="Seconds">Until the next step; null for the last one.</param>
public sealed record StepShape(DateTimeOffset At, string Event, string Message, string Actor, double? Seconds);
