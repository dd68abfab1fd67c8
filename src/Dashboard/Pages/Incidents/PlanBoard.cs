using HealingWorkers.Dashboard.Fleet;
using HealingWorkers.Dashboard.Pages.Serving;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Dashboard.Pages.Incidents;

/// <summary>A plan for a page: where none can be had, the page says why and stands all the same.</summary>
internal sealed class PlanBoard(PlanBook book)
{
    public async Task<ReadPlan> OfAsync(Incident incident, CancellationToken cancel)
    {
        try
        {
            return new ReadPlan(await book.OfAsync(incident, cancel), null, null);
        }
        catch (HealingException e)
        {
            return new ReadPlan(null, e.Message, e.Hint);
        }
        catch (OperationCanceledException e)
        {
            return new ReadPlan(null, $"{incident.TargetName} did not tell its plan: {e.Message}", "Try again; if it stays so, look at the target.");
        }
    }
}

/// <param name="Plan">Null where it could not be made; then it is said why.</param>
public sealed record ReadPlan(RepairPlan? Plan, string? Trouble, string? Hint);
