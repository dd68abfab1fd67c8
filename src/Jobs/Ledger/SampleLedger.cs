using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Telemetry;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>How the databases were, minute by minute, and at the beginning and the end of each incident.</summary>
public sealed class SampleLedger(LedgerDb db)
{
    public async Task<SampleSlot> SlotAsync(TimeSpan every, CancellationToken cancel) =>
        (await db.FirstAsync<SampleSlot>(Sql.Of<SampleLedger>("sample_slot"), new { Every = every }, cancel).ConfigureAwait(false))!;

    public Task<int> KeepAsync(DateTimeOffset slot, IReadOnlyList<NewSample> samples, CancellationToken cancel) => db.DoAsync(Sql.Of<SampleLedger>("sample_keep"), new
    {
        Slot = slot,
        Roles = samples.Select(s => s.Role).ToArray(),
        Names = samples.Select(s => s.Name).ToArray(),
        Ats = samples.Select(s => s.At.ToUniversalTime().UtcDateTime).ToArray(),
        Bodies = samples.Select(s => s.Body.ToJsonString()).ToArray(),
    }, cancel);

    public Task<IReadOnlyList<KeptSample>> ListAsync(SampleFilter filter, CancellationToken cancel) => db.ListAsync<KeptSample>(Sql.Of<SampleLedger>("sample_list"), filter, cancel);

    public Task<IReadOnlyList<MomentDue>> MomentsDueAsync(IReadOnlyList<string> targets, CancellationToken cancel) =>
        db.ListAsync<MomentDue>(Sql.Of<SampleLedger>("incident_samples_due"), new { Names = targets.ToArray() }, cancel);

    public Task KeepMomentAsync(MomentDue due, JsonObject body, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<SampleLedger>("incident_sample_keep"), new { Incident = due.Id, due.Moment, Body = body.ToJsonString() }, cancel);

    public Task<IReadOnlyList<KeptMoment>> MomentsAsync(long incident, CancellationToken cancel) =>
        db.ListAsync<KeptMoment>(Sql.Of<SampleLedger>("incident_samples"), new { Incident = incident }, cancel);

    public async Task<ExportState> ExportAsync(string place, CancellationToken cancel) => await db.InTransactionAsync(async (connection, transaction) =>
        (await connection.FirstAsync<ExportState>(Sql.Of<SampleLedger>("sample_export"), new { Place = place }, cancel, transaction).ConfigureAwait(false))!, cancel).ConfigureAwait(false);

    public Task DeliveredAsync(string place, long cursor, int count, long missed, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<SampleLedger>("sample_delivered"), new { Place = place, Cursor = cursor, Count = count, Missed = missed }, cancel);

    public Task UndeliveredAsync(string place, string problem, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<SampleLedger>("sample_undelivered"), new { Place = place, Problem = Text.Bounded(problem, 2000) }, cancel);
}

public sealed record SampleSlot
{
    public required DateTimeOffset At { get; init; }
    public required DateTimeOffset Slot { get; init; }
    public required bool Taken { get; init; }
}

public sealed record NewSample(string Role, string Name, DateTimeOffset At, JsonObject Body);

public sealed record SampleFilter
{
    public long After { get; init; }
    public DateTimeOffset? Since { get; init; }
    public DateTimeOffset? Until { get; init; }
    /// <summary>Only this target.</summary>
    public string? Name { get; init; }
    public int Limit { get; init; } = 200;
}

public sealed record KeptSample
{
    public required long Id { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Role { get; init; }
    public required string Name { get; init; }
    public required string Body { get; init; }

    /// <summary>As a line for a warehouse.</summary>
    public JsonObject ToLine()
    {
        var line = new JsonObject { ["id"] = Id, ["at"] = IsoTime.Text(At) };
        foreach (var (name, section) in JsonNode.Parse(Body)!.AsObject())
            line[name] = section?.DeepClone();
        return line;
    }
}

public sealed record MomentDue
{
    public required long Id { get; init; }
    public required string Target { get; init; }
    /// <summary>start | end.</summary>
    public required string Moment { get; init; }
}

public sealed record KeptMoment
{
    public required string Moment { get; init; }
    public required DateTimeOffset At { get; init; }
    public required string Body { get; init; }
}

public sealed record ExportState
{
    public required long Cursor { get; init; }
    public required long Missed { get; init; }
    public DateTimeOffset? MissedFrom { get; init; }
    public DateTimeOffset? MissedTo { get; init; }
}
