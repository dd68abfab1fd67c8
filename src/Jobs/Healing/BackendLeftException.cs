namespace HealingWorkers.Jobs.Healing;

/// <summary>A repair broke off and its backend could not be seen to end.</summary>
internal sealed class BackendLeftException(Exception inner) : Exception(inner.Message, inner);
