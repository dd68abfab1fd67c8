namespace HealingWorkers.Jobs.Errors;

/// <summary>Something was to be done with all that match, and they are not as many as the person who asked had seen.</summary>
public sealed class CountChangedException(int counted, int found)
    : HealingException($"{found} match, and {counted} were confirmed: nothing was done", "look at them again, and confirm the count as it is now")
{
    public int Found => found;
}
