using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>Keeps the ledger from growing without end, in small batches. Incidents, receipts, the audit log and the histograms are kept.</summary>
public sealed class Retention(LedgerDb db)
{
    private const int LargestBatch = 1000;
    private const int MostBatches = 200;
    private static readonly TimeSpan ReportsKnown = TimeSpan.FromDays(14);

    /// <summary>How many rows went; what is left over after many batches goes with the next run.</summary>
    /// <param name="history">Age of ended job runs, sent alerts and gone workers.</param>
    /// <param name="samples">Age of what checks remembered under topics that begin with "sample".</param>
    public async Task<int> RunAsync(TimeSpan history, TimeSpan samples, CancellationToken cancel) =>
        await PruneAsync("prune_job_runs", history, cancel).ConfigureAwait(false)
        + await PruneAsync("prune_alerts", history, cancel).ConfigureAwait(false)
        + await PruneAsync("prune_workers", history, cancel).ConfigureAwait(false)
        + await PruneAsync("prune_drains", history, cancel).ConfigureAwait(false)
        + await PruneAsync("prune_answers", AnswerLedger.Kept, cancel).ConfigureAwait(false)
        + await PruneAsync("prune_samples", samples, cancel).ConfigureAwait(false)
        + await PruneAsync("prune_kept_samples", samples, cancel).ConfigureAwait(false)
        + await PruneAsync("prune_reports_taken", ReportsKnown, cancel).ConfigureAwait(false);

    private async Task<int> PruneAsync(string query, TimeSpan age, CancellationToken cancel)
    {
        var (total, batch) = (0, LargestBatch);
        for (var i = 0; i < MostBatches; i++)
        {
            try
            {
                var gone = await db.DoAsync(Sql.Of<Retention>(query), new { Age = age, Batch = batch }, cancel).ConfigureAwait(false);
                total += gone;
                if (gone < batch)
                    break;
            }
            catch (PostgresException e) when (e.SqlState == SqlState.QueryCanceled && batch > 1)
            {
                batch /= 2;
            }
            catch (PostgresException e) when (MissingTable.Explain(e) is not null)
            {
                // an older revision has none of these rows
                break;
            }
        }
        return total;
    }
}
