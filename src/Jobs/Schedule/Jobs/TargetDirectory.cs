using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>The configured targets by name.</summary>
public sealed class TargetDirectory(IReadOnlyList<Target> targets)
{
    public Target Get(string? name) => targets.FirstOrDefault(t => string.Equals(t.Name, name, StringComparison.Ordinal))
        ?? throw new HealingException($"there is no target {name} in the configuration of this worker", "targets are " + (targets.Count == 0 ? "none" : string.Join(", ", targets.Select(t => t.Name))));
}
