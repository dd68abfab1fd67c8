using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;

namespace HealingWorkers.Worker.Commands;

/// <summary>
/// One damage can be seen by more than one check. What is still open after the repairs is looked at again, twice, before a person
/// is called: it may be gone with what was repaired.
/// </summary>
internal sealed class LookAfterRepairs(IncidentLedger ledger, Func<ICheck, Task<CheckReport>> run, Func<CheckReport, Task> takeIn)
{
    private const int Looks = 2;

    public async Task RunAsync(IReadOnlyList<long> concerned, CancellationToken cancel)
    {
        var repaired = false;
        var waiting = new HashSet<string>(StringComparer.Ordinal);
        foreach (var id in concerned)
        {
            var incident = (await ledger.FindAsync(id, cancel).ConfigureAwait(false))!;
            repaired |= incident.State == IncidentState.Resolved;
            if (incident is { State: IncidentState.Detected or IncidentState.AwaitingApproval or IncidentState.AwaitingWindow, Kind.IsEvent: false } && incident.Severity >= Severity.Warning)
            {
                waiting.Add(incident.Check);
            }
        }
        foreach (var check in repaired ? CheckCatalogue.All.Where(c => waiting.Contains(c.Description.Name)) : [])
        {
            for (var look = 0; look < Looks; look++)
            {
                await takeIn(await run(check).ConfigureAwait(false)).ConfigureAwait(false);
            }
        }
    }
}
