namespace HealingWorkers.Jobs.Options;

/// <summary>The files that connection strings of a target were read from; empty where one was written down itself.</summary>
public sealed record TargetFiles
{
    public string Connection { get; init; } = "";
    public string Check { get; init; } = "";
    public string Repair { get; init; } = "";
    public string Surgery { get; init; } = "";

    internal static void Remember(HealingOptions options, IReadOnlyDictionary<string, ConfigEntry> entries)
    {
        var indexes = entries.Keys.Where(p => p.StartsWith("targets[", StringComparison.Ordinal)).Select(p => ConfigEntry.Items(p)[0]).Distinct().Order();
        foreach (var (index, target) in indexes.Zip(options.Targets))
        {
            string Of(string key) => entries.GetValueOrDefault($"targets[{index}].{key}")?.File ?? "";
            target.ConnectionFiles = new() { Connection = Of("connection"), Check = Of("connections.check"), Repair = Of("connections.repair"), Surgery = Of("connections.surgery") };
        }
    }
}
