namespace HealingWorkers.Jobs.Targets;

/// <summary>What the server and the role allow; read once a connection, before anything else is asked.</summary>
public sealed record TargetFacts(
    TargetId Id,
    string Database,
    int VersionNum,
    bool IsStandby,
    bool IsSuperuser,
    string Role,
    bool DataChecksums,
    string? DataDirectory,
    IReadOnlyDictionary<string, string> ExtensionSchemas)
{
    /// <summary>Pages of 8 kB in files of 1 GB. A server can be built otherwise, and its files say nothing to who reads them so.</summary>
    public bool HasUsualPages { get; init; } = true;

    public int Major => VersionNum / 10000;

    /// <summary>The quoted schema that an extension lives in, or null where it is not installed.</summary>
    public string? SchemaOf(string extension) => ExtensionSchemas.GetValueOrDefault(extension);
}
