using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>A twin constraint is still in force and cannot be dropped now. It passes, so it is no failure of the repair.</summary>
public sealed class TwinLeftException(string why, IReadOnlyList<string> drops)
    : HealingException($"a twin constraint is left and cannot be dropped now, {why}", $"It is tried again; by hand: {string.Join("; ", drops)};")
{
    public string Told => $"{Message}. {Hint}";
}
