using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Dashboard.Fleet;

/// <summary>Has targets say what a repair would do; looks only, a few at a time, and not for ever.</summary>
public sealed class PlanBook(DashboardParts parts) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly PlanPreview _preview = new(parts.Targets, HealerFactory.Repairs(CheckCatalogue.All, new RepairLimits())) { Programs = HealerSettings.Of(parts.Options).Programs };
    private readonly SemaphoreSlim _few = new(2, 2);

    public Task<RepairPlan> OfAsync(Incident incident, CancellationToken cancel)
    {
        return TargetTalk.AskAsync(incident.TargetName, Patience, InTurnAsync, cancel);

        async Task<RepairPlan> InTurnAsync(CancellationToken limit)
        {
            await _few.WaitAsync(limit);
            try
            {
                return await _preview.OfAsync(incident, limit);
            }
            finally
            {
                _few.Release();
            }
        }
    }

    public void Dispose() => _few.Dispose();
}
