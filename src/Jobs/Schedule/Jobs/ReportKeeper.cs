using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Microsoft.Extensions.Logging;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>What a check has seen is not lost with the control database: where the ledger does not take it, it waits on disk, and is taken in later, once.</summary>
public sealed class ReportKeeper(HealingOptions options, IncidentLedger incidents, ReportSpool spool, RepairRequests repairs, string worker, ILogger<ReportKeeper> logger)
{
    /// <summary>A frozen server takes connections and says nothing for ever.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private readonly HashSet<string> _told = new(StringComparer.Ordinal);
    private string? _ledger;

    /// <summary>Known before the first check runs: later there may be nobody to ask.</summary>
    public async Task KnowLedgerAsync(CancellationToken cancel) => _ledger ??= await incidents.LedgerIdAsync(cancel).ConfigureAwait(false);

    public async Task<TakenIn> TakeInAsync(Target target, long id, CheckReport report, string? scope, Action<string> log, CancellationToken cancel)
    {
        var own = Guid.NewGuid();
        try
        {
            await KnowLedgerAsync(cancel).ConfigureAwait(false);
            return await incidents.TakeInAsync(id, report, scope, options.AutoHealing.MaxAutoRepairAttempts, worker, cancel, target.Options.Demonstration, own)
                .WaitAsync(Patience, target.Clock, cancel).ConfigureAwait(false);
        }
        catch (Exception e) when (_ledger is not null && (LedgerOutage.Is(e) || (e is OperationCanceledException && report.Findings.Count > 0)))
        {
            spool.Keep(new SpooledReport(own, _ledger, id, target.Name, scope, target.Options.Demonstration, spool.Now, report));
            log($"{report.Check}: the ledger is away; its report waits in {spool.Directory}");
            logger.LogWarning("{Target}: the ledger does not take the report of {Check} ({Findings} findings); it waits in {Spool}: {Reason}", target.Name, report.Check, report.Findings.Count, spool.Directory, Redactor.Text(e.Message));
            cancel.ThrowIfCancellationRequested();
            return new TakenIn([]);
        }
    }

    /// <summary>Takes in what waits, the oldest first; throws while the ledger is away.</summary>
    public async Task<int> ReplayAsync(CancellationToken cancel)
    {
        var waiting = spool.Waiting();
        if (waiting.Count == 0)
            return 0;
        if (!await incidents.KnowsReportsAsync(cancel).ConfigureAwait(false))
            throw new Errors.HealingException($"{waiting.Count} reports wait in {spool.Directory}: to be taken in once and not twice they need a ledger that remembers them (table healing.reports_taken)", "`healing migrate`");
        await KnowLedgerAsync(cancel).ConfigureAwait(false);
        var taken = 0;
        foreach (var file in waiting)
        {
            try
            {
                taken += await TakeUpAsync(file, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested && (e is IOException or UnauthorizedAccessException || !LedgerOutage.Is(e)))
            {
                // one that cannot be taken in holds up none of the others
                if (_told.Add(file))
                    logger.LogError("{File} cannot be taken in, and stays: {Reason}", file, Redactor.Text(e.Message));
            }
        }
        if (taken > 0)
            logger.LogInformation("{Reports} reports that waited in {Spool} were taken in", taken, spool.Directory);
        return taken;
    }

    private async Task<int> TakeUpAsync(string file, CancellationToken cancel)
    {
        SpooledReport? kept;
        try
        {
            kept = ReportSpool.Read(file);
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or NullReferenceException or InvalidOperationException or FormatException or ArgumentException)
        {
            logger.LogError("{File} is no report that this version can read: {Reason}. It is put aside as .unread", file, e.Message);
            File.Move(file, file + ".unread", overwrite: true);
            return 0;
        }
        if (kept is null || kept.Ledger != _ledger)
            return 0;
        var toRepair = await incidents.TakeInAsync(kept.Target, kept.Report, kept.Scope, options.AutoHealing.MaxAutoRepairAttempts, worker, cancel, kept.Demonstration, kept.Id).ConfigureAwait(false);
        ReportSpool.Remove(file);
        foreach (var incident in toRepair)
        {
            await repairs.AskAsync(incident, worker, TimeSpan.Zero, cancel).ConfigureAwait(false);
        }
        return 1;
    }
}
