using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Worker.Commands;

/// <summary>A plan as a person reads it.</summary>
internal static class PlanText
{
    private const int MostSamples = 20;

    public static void Write(TextWriter to, RepairPlan plan)
    {
        to.WriteLine($"plan of {plan.Repair} ({plan.Risk.Name()}):");
        if (plan.Asks is { } asks)
        {
            to.WriteLine(SafeText.Whole($"  asks: {asks}"));
        }
        foreach (var step in plan.Steps)
        {
            to.WriteLine($"  {SafeText.Whole(step.Statement.ReplaceLineEndings("\n")).Replace("\n", $"{to.NewLine}  ", StringComparison.Ordinal)}");
            if (step.Parameters is { } parameters)
            {
                to.WriteLine(SafeText.Of($"    {parameters}"));
            }
            to.WriteLine(SafeText.Of($"    {step.Why}; locks: {step.Locks}"));
        }
        if (plan.Rows > 0)
        {
            to.WriteLine($"  rows: {plan.Rows}");
        }
        foreach (var sample in plan.Samples.Take(MostSamples))
        {
            to.WriteLine($"    {SafeText.Of(sample.ReplaceLineEndings("\\n"))}");
        }
        if (plan.Rows > Math.Min(plan.Samples.Count, MostSamples) && plan.Samples.Count > 0)
        {
            to.WriteLine($"    ... and {plan.Rows - Math.Min(plan.Samples.Count, MostSamples)} more");
        }
        foreach (var said in plan.Notes)
        {
            to.WriteLine(SafeText.Of($"  note: {said}"));
        }
        if ((plan.Refuse ?? plan.Defer ?? plan.Nothing) is { } note)
        {
            to.WriteLine(SafeText.Of($"  {(plan.Refuse is not null ? "refused" : plan.Defer is not null ? "not now" : "nothing to do")}: {note}"));
        }
    }
}
