using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Healing;

/// <summary>Somebody else works on the target now; it passes.</summary>
public sealed class TargetBusyException(string message) : HealingException(message, "Try again when it is done; `healing incidents` shows what is in hand.");
