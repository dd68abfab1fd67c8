using static HealingWorkers.Jobs.Options.ConfigType;

namespace HealingWorkers.Jobs.Options;

/// <summary>The keys of samples.</summary>
internal static class SampleKeys
{
    public static readonly IReadOnlyList<ConfigKey> All =
    [
        Key("enabled", Flag, "true", "Whether it is kept how the control database and every target are doing.", (s, v) => s.Enabled = (bool)v!),
        Key("every", Duration(TimeSpan.FromSeconds(5), TimeSpan.FromHours(1)), "1m", "How often; for as long as retention.metrics says.", (s, v) => s.Every = (TimeSpan)v!),
        Key("export", Text, "", "Where the samples are delivered as JSON lines, at least once: a directory, or an http or https address that answers 2xx; empty is nowhere.", (s, v) => s.Export = (string)v!),
        Key("export_token", Password, "", "Sent to that address as a bearer token.", (s, v) => s.ExportToken = (string)v!) with { MayBeFile = true },
    ];

    private static ConfigKey Key(string key, ConfigType type, string initial, string description, Action<SampleOptions, object?> bind) =>
        new("samples." + key, type, initial, description, (o, v) => bind(((HealingOptions)o).Samples, v));
}
