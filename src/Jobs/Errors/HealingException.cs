namespace HealingWorkers.Jobs.Errors;

/// <summary>Something a person can act on: what is wrong, and what to do about it.</summary>
public class HealingException(string what, string hint, Exception? inner = null) : Exception(what, inner)
{
    public string Hint { get; } = hint;
}
