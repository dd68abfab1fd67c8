using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Worker.Commands;

/// <summary>A plan as a person reads it.</summary>
internal static class PlanText
{
    public static void Write(TextWriter to, RepairPlan plan)
    {
        to.WriteLine($"plan of {plan.Repair} ({plan.Risk.Name()}):");
        foreach (var step in plan.Steps)
        {
            to.WriteLine($"  {step.Statement}");
            to.WriteLine($"    {step.Why}; locks: {step.Locks}");
        }
        if (plan.Rows > 0)
        {
            to.WriteLine($"  rows: {plan.Rows}");
        }
        foreach (var sample in plan.Samples)
        {
            to.WriteLine($"    {sample}");
        }
        foreach (var said in plan.Notes)
        {
            to.WriteLine($"  note: {said}");
        }
        if ((plan.Refuse ?? plan.Defer ?? plan.Nothing) is { } note)
        {
            to.WriteLine($"  {(plan.Refuse is not null ? "refused" : plan.Defer is not null ? "not now" : "nothing to do")}: {note}");
        }
    }
}
