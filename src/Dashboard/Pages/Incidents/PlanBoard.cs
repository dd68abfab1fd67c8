using HealingWorkers.Dashboard.Pages.Serving;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using Npgsql;

namespace HealingWorkers.Dashboard.Pages.Incidents;

/// <summary>Has the target itself say what a repair would do to it now. Looks only; a few at a time, whoever asks.</summary>
internal sealed class PlanBoard(DashboardParts parts) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly PlanPreview _preview = new(parts.Targets, HealerFactory.Repairs(CheckCatalogue.All, new RepairLimits()));
    private readonly SemaphoreSlim _few = new(2, 2);

    public async Task<ReadPlan> OfAsync(Incident incident, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        var entered = false;
        try
        {
            await _few.WaitAsync(limit.Token);
            entered = true;
            return new ReadPlan(await _preview.OfAsync(incident, limit.Token), null, null);
        }
        catch (HealingException e)
        {
            return new ReadPlan(null, e.Message, e.Hint);
        }
        catch (Exception e) when (PageServer.IsAway(e))
        {
            return new ReadPlan(null, $"{incident.TargetName} did not tell its plan: {(e is PostgresException said ? said.MessageText : e.Message)}", "Try again; if it stays so, look at the target.");
        }
        finally
        {
            if (entered)
                _few.Release();
        }
    }

    public void Dispose() => _few.Dispose();
}

/// <param name="Plan">Null where it could not be made; then it is said why.</param>
public sealed record ReadPlan(RepairPlan? Plan, string? Trouble, string? Hint);
