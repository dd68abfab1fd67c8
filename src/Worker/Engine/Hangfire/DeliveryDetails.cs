using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using Hangfire.Dashboard;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;
using Npgsql;

namespace HealingWorkers.Worker.Engine.Hangfire;

/// <summary>What the ledger knows of the run that a delivery is for: its idempotency key, how often it was tried, its incident.</summary>
internal sealed class DeliveryDetails(LedgerDb db)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private readonly JobLedger _runs = new(db);

    /// <summary>Hangfire draws its pages without waiting for anything, so the ledger is asked on the side and for a moment only.</summary>
    public NonEscapedString Of(JobDetailsRendererDto delivery)
    {
        if (delivery.JobDetails.Job is not { Method.Name: nameof(HangfireDelivery.RunAsync) } job || job.Args is not [long id, ..])
        {
            return new("");
        }
        try
        {
            using var limit = new CancellationTokenSource(Patience);
            return new(Html(id, Task.Run(() => _runs.FindAsync(id, limit.Token), limit.Token).GetAwaiter().GetResult()));
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or TimeoutException)
        {
            return new("<p>The ledger does not answer.</p>");
        }
    }

    private static string Html(long id, JobRun? run)
    {
        if (run is null)
        {
            return string.Create(CultureInfo.InvariantCulture, $"<p>Run {id} is not in the ledger any more.</p>");
        }
        var incident = JsonNode.Parse(run.Arguments)?["incident"] is JsonValue value && value.TryGetValue<long>(out var number)
            ? string.Create(CultureInfo.InvariantCulture, $"<dt>Incident</dt><dd><a href=\"/incidents/{number}\">{number}</a></dd>") : "";
        return string.Create(CultureInfo.InvariantCulture, $"""
            <h3>In the ledger</h3>
            <dl class="dl-horizontal"><dt>Run</dt><dd><a href="/jobs/{id}">{id}</a></dd><dt>Job</dt><dd>{Text(run.Job)}</dd><dt>Target</dt><dd>{Text(run.Target ?? "all")}</dd>
            <dt>Idempotency key</dt><dd><code>{Text(run.Key)}</code></dd><dt>State</dt><dd>{Text(run.State)}</dd><dt>Executions</dt><dd>{run.Executions}</dd><dt>Put off</dt><dd>{run.Deferrals}</dd>{incident}</dl>
            """);
    }

    private static string Text(string text) => HtmlEncoder.Default.Encode(text);
}
