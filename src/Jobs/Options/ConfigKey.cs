namespace HealingWorkers.Jobs.Options;

/// <summary>One key of the configuration: the validation, the binding and the documentation are made from this.</summary>
/// <param name="Path">Dotted; <c>targets[].name</c> is a key of every item of a list, <c>x[]</c> an item itself.</param>
/// <param name="Default">As one would write it; null where it is required.</param>
/// <param name="Bind">Puts the value in; takes the options, or for a key of a list's item that item.</param>
public sealed record ConfigKey(string Path, ConfigType Type, string? Default, string Description, Action<object, object?>? Bind)
{
    /// <summary>False for a key of a feature that does not exist yet: refused, never ignored.</summary>
    public bool IsBuilt => Bind is not null;
    /// <summary>True where KEY_file may name a file that holds the value.</summary>
    public bool MayBeFile { get; init; }
}
