using System.Text.Json.Nodes;
using Dapper;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Telemetry;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealingWorkers.Dashboard.Metrics;

/// <summary>What the ledger says of the whole fleet. However many ask, it is read once in two seconds.</summary>
public sealed class LedgerMetrics(LedgerDb db, TimeProvider clock, ILogger<LedgerMetrics> log) : IDisposable
{
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(2);
    private static readonly string[] Outages = [.. FindingKind.All.Where(k => k.IsOfSurroundings).Select(k => k.Name)];
    private static readonly (MetricDescription Metric, string Query)[] Queries =
    [
        (MetricCatalogue.CorruptionEvents, "corruption_events"),
        (MetricCatalogue.RepairAttempts, "repair_attempts"),
        (MetricCatalogue.RepairSuccessRate, "repair_success_rate"),
        (MetricCatalogue.CheckLastSuccess, "check_last_success"),
        (MetricCatalogue.IncidentsOpen, "incidents_open"),
        (MetricCatalogue.OrphansRows, "orphans_rows"),
        (MetricCatalogue.QuarantineRows, "quarantine_rows"),
        (MetricCatalogue.IncidentsEscalated, "incidents_escalated"),
        (MetricCatalogue.ApprovalsWanted, "approvals_wanted"),
        (MetricCatalogue.WorkersAlive, "workers_alive"),
        (MetricCatalogue.BackupAge, "backup_age"),
        (MetricCatalogue.BackupUnproven, "backup_unproven"),
        (MetricCatalogue.ChecksumsLastVerified, "checksums_last_verified"),
        (MetricCatalogue.AlertsWaiting, "alerts_waiting"),
        (MetricCatalogue.StandbyLag, "standby_lag"),
    ];

    /// <summary>The recurring jobs that should run.</summary>
    public IReadOnlyList<RecurringJob> Recurring { get; init; } = [];

    /// <summary>How long whoever asks waits for a slow ledger.</summary>
    public TimeSpan WaitedFor { get; init; } = TimeSpan.FromSeconds(1.5);

    /// <summary>How long it may take to be read.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    private readonly Lock _one = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Histograms _histograms = new(db);
    private IReadOnlyList<MetricFamily> _last = [];
    private Task _reading = Task.CompletedTask;
    private long? _readAt;

    /// <summary>As it was read a moment ago; while a slow ledger is being read, as it was before.</summary>
    public async Task<IReadOnlyList<MetricFamily>> ReadAsync(CancellationToken cancel)
    {
        Task reading;
        lock (_one)
        {
            if (_reading.IsCompleted && (_readAt is not { } at || clock.GetElapsedTime(at) >= Fresh))
                _reading = Task.Run(RefreshAsync, CancellationToken.None);
            reading = _reading;
        }
        try
        {
            await reading.WaitAsync(WaitedFor, clock, cancel);
        }
        catch (TimeoutException)
        {
            // the next one to ask gets what comes of it
        }
        return _last.Count == 0 ? [Up(0)] : _last;
    }

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
    }

    private async Task RefreshAsync()
    {
        _last = await TryQueryAsync(_end.Token);
        _readAt = clock.GetTimestamp();
    }

    private async Task<IReadOnlyList<MetricFamily>> TryQueryAsync(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            return [Up(1), .. await QueryAsync(limit.Token).WaitAsync(Patience, clock, cancel)];
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            log.LogWarning("the ledger did not answer for the metrics: {Error}", e.Message);
            return [Up(0)];
        }
    }

    private async Task<IReadOnlyList<MetricFamily>> QueryAsync(CancellationToken cancel)
    {
        var families = await db.ReadAsync(async connection =>
        {
            var read = new List<MetricFamily>();
            foreach (var (metric, query) in Queries)
            {
                // what an older ledger has no table for is left out, and the rest is told
                if ((await MissingTable.TryAsync(() => connection.QueryAsync<MetricRow>(new CommandDefinition(Sql.Of<LedgerMetrics>(query), new { Outages }, cancellationToken: cancel)))).Value is not { } rows)
                    continue;
                read.Add(new MetricFamily(metric, [.. rows.Select(row => new Sample("", row.Labels(metric), row.Value))]));
            }
            read.Add(await new JobDelays(Recurring, clock).ReadAsync(connection, cancel));
            return read;
        }, cancel);
        var health = MetricCatalogue.HealthCheckDuration;
        var series = await _histograms.ReadAsync(health.Name, cancel);
        families.Add(new MetricFamily(health, [.. series.SelectMany(s => MetricFamily.Histogram(Labels(health, s.Labels), s.Buckets.Select(b => (b.UpperBound, b.Count)), s.Sum, s.Count))]));
        return families;
    }

    private static KeyValuePair<string, string>[] Labels(MetricDescription metric, string json)
    {
        var labels = JsonNode.Parse(json)?.AsObject();
        return [.. metric.Labels.Select(name => new KeyValuePair<string, string>(name, labels?[name]?.ToString() ?? ""))];
    }

    private static MetricFamily Up(int value) => new(MetricCatalogue.LedgerUp, [new Sample("", [], value)]);
}
