using Dapper;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Telemetry;
using Npgsql;

namespace HealingWorkers.Dashboard.Metrics;

/// <summary>How late each recurring job is.</summary>
internal sealed class JobDelays(IReadOnlyList<RecurringJob> jobs, TimeProvider clock)
{
    public async Task<MetricFamily> ReadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        var rows = (await connection.QueryAsync<LastRun>(new CommandDefinition(Sql.Of<LedgerMetrics>("jobs_last"), new { Ids = jobs.Select(j => j.Id).ToArray() }, cancellationToken: cancel)))
            .ToDictionary(r => r.Id, StringComparer.Ordinal);
        var now = clock.GetUtcNow();
        return new MetricFamily(MetricCatalogue.JobOverdue,
            [.. jobs.Select(job => new Sample("", [new("kind", job.Job), new("target", job.Target ?? "")], Late(job, rows[job.Id], now)))]);
    }

    private static double Late(RecurringJob job, LastRun last, DateTimeOffset now) =>
        last.Excused || job.Line.Next(last.Since) is not { } due || due > now ? 0 : Math.Round((now - due).TotalSeconds);

    private sealed record LastRun
    {
        public required string Id { get; init; }
        public required DateTimeOffset Since { get; init; }
        public required bool Excused { get; init; }
    }
}
