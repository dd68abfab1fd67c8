namespace HealingWorkers.Jobs.Options;

/// <summary>Where configuration comes from, in rising order: file, environment, command line.</summary>
public sealed record OptionsSources
{
    /// <summary>Relative paths start here, and healing.yaml is looked for here.</summary>
    public required string Directory { get; init; }
    /// <summary>Null: healing.yaml, where there is one.</summary>
    public string? File { get; init; }
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
    /// <summary>KEY=VALUE.</summary>
    public IReadOnlyList<string> Overrides { get; init; } = [];
    public bool IsRoot { get; init; } = System.Environment.IsPrivilegedProcess;
}

/// <summary>The options, and where each value in force comes from.</summary>
public sealed record LoadedOptions(HealingOptions Options, IReadOnlyList<EffectiveValue> Values);

/// <param name="Shown">The value with its secrets hidden.</param>
public sealed record EffectiveValue(string Path, string Shown, string Source);
