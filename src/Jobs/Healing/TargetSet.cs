using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Healing;

/// <summary>The targets of this process, by name.</summary>
public sealed class TargetSet(IReadOnlyList<Target> targets)
{
    public IReadOnlyList<Target> All => targets;

    public Target? Find(string name) => targets.FirstOrDefault(t => string.Equals(t.Name, name, StringComparison.Ordinal));

    /// <summary>
    /// Another one that answered as the very same database: a physical copy keeps the identity of its original, and what was found in one of them,
    /// and approved for it, must not be done to the other.
    /// </summary>
    public Target? TwinOf(Target target) => targets.FirstOrDefault(t => !ReferenceEquals(t, target) && t.KnownId is { } id && id == target.KnownId);

    public Target Named(string name) => Find(name)
        ?? throw new HealingException($"the target {name} is not configured here", "Add it under targets in healing.yaml, or run this where it is.");
}
