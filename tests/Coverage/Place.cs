namespace HealingWorkers.Coverage;

/// <summary>Some lines of a source file that run together.</summary>
public sealed record Place(string File, int First, int Last);
