namespace HealingWorkers.Jobs.Options;

/// <summary>Puts entries and defaults into the options, and notes where each value comes from.</summary>
internal sealed class OptionsBinder(IReadOnlyDictionary<string, ConfigEntry> entries, ConfigProblems problems, OptionsSources sources)
{
    private const string Targets = "targets[]";
    private readonly List<EffectiveValue> _values = [];

    public LoadedOptions Bind()
    {
        var options = new HealingOptions();
        foreach (var key in ConfigKeys.All.Where(k => k.IsBuilt && !k.Path.StartsWith(Targets, StringComparison.Ordinal)))
        {
            BindOne(key, key.Path, options);
        }
        options.StateDirectory = Path.GetFullPath(options.StateDirectory, sources.Directory);
        foreach (var index in entries.Keys.Where(p => p.StartsWith("targets[", StringComparison.Ordinal)).Select(p => ConfigEntry.Items(p)[0]).Distinct().Order())
        {
            options.Targets.Add(BindTarget(index));
        }
        return new LoadedOptions(options, _values);
    }

    private TargetOptions BindTarget(int index)
    {
        var target = new TargetOptions();
        foreach (var key in ConfigKeys.All.Where(k => k.IsBuilt && k.Path.StartsWith(Targets, StringComparison.Ordinal)))
        {
            var path = $"targets[{index}]" + key.Path[Targets.Length..];
            if (path.EndsWith("[]", StringComparison.Ordinal))
            {
                foreach (var item in entries.Keys.Where(p => p.StartsWith(path[..^1], StringComparison.Ordinal)).OrderBy(p => ConfigEntry.Items(p)[^1]))
                {
                    BindOne(key, item, target);
                }
            }
            else
            {
                BindOne(key, path, target);
            }
        }
        return target;
    }

    private void BindOne(ConfigKey key, string path, object into)
    {
        var entry = entries.GetValueOrDefault(path);
        var text = entry?.Value ?? DefaultOf(key);
        // No value at all: a required one is missed by TargetRules, an optional one keeps what the options start with.
        if (text is null || (text.Length == 0 && entry is null && key.Default?.Length == 0))
        {
            _values.Add(new EffectiveValue(path, "", "default"));
            return;
        }
        try
        {
            key.Bind!(into, key.Type.Read(text));
            _values.Add(new EffectiveValue(path, key.Type.Show(text), entry?.Source ?? "default"));
        }
        catch (FormatException e)
        {
            var said = key.Type.IsSecret ? "" : $", not `{text}`";
            var why = e.Message.Length > 0 && e.Message != new FormatException().Message ? $" ({e.Message})" : "";
            problems.Add(entry?.Source ?? "default", $"`{path}` takes {key.Type.Name}{said}{why}");
        }
    }

    private string? DefaultOf(ConfigKey key) => key.Path == "state_directory" && sources.IsRoot ? "/var/lib/healing" : key.Default;
}
