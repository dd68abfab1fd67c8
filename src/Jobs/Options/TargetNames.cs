using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Options;

/// <summary>Targets as people name them: one that is not configured is refused, with those that are.</summary>
public static class TargetNames
{
    /// <summary>Those of one name, or all where none is asked for. Throws where that is none at all.</summary>
    public static IReadOnlyList<T> Choose<T>(IReadOnlyList<T> targets, Func<T, string> nameOf, string? name)
    {
        var found = name is null ? targets : [.. targets.Where(t => nameOf(t) == name)];
        return found.Count > 0 ? found
            : targets.Count == 0 ? throw new HealingException(name is null ? "no target is configured" : $"there is no target {name}: none is configured", "name one under targets in healing.yaml")
            : throw new HealingException($"there is no target {name}", $"configured are: {string.Join(", ", targets.Select(nameOf))}");
    }

    public static TargetOptions Named(this HealingOptions options, string name) => Choose<TargetOptions>([.. options.Targets], t => t.Name, name)[0];
}
