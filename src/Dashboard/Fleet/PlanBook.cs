using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Dashboard.Fleet;

/// <summary>Has targets say what a repair would do; looks only, a few at a time, and not for ever.</summary>
public sealed class PlanBook(DashboardParts parts) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly PlanPreview _preview = new(parts.Targets, HealerFactory.Repairs(CheckCatalogue.All, new RepairLimits()));
    private readonly SemaphoreSlim _few = new(2, 2);

    public async Task<RepairPlan> OfAsync(Incident incident, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        var entered = false;
        try
        {
            await _few.WaitAsync(limit.Token);
            entered = true;
            return await _preview.OfAsync(incident, limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new HealingException($"{incident.TargetName} did not tell its plan within {Patience.TotalSeconds:0} s", "try again; if it stays so, look at the target");
        }
        finally
        {
            if (entered)
                _few.Release();
        }
    }

    public void Dispose() => _few.Dispose();
}
