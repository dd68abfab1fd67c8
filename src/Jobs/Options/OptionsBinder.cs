namespace HealingWorkers.Jobs.Options;

/// <summary>Puts entries and defaults into the options, and notes where each value comes from.</summary>
internal sealed class OptionsBinder(IReadOnlyDictionary<string, ConfigEntry> entries, ConfigProblems problems, OptionsSources sources)
{
    private readonly List<EffectiveValue> _values = [];

    public LoadedOptions Bind()
    {
        var options = new HealingOptions();
        BindAll("", "", options);
        options.StateDirectory = Path.GetFullPath(options.StateDirectory, sources.Directory);
        return new LoadedOptions(options, _values);
    }

    /// <param name="list">The list of which this is an item; empty for the options themselves.</param>
    /// <param name="place">The item, by its number.</param>
    private void BindAll(string list, string place, object into)
    {
        foreach (var key in ConfigKeys.All.Where(k => k.IsBuilt && ConfigTable.ListOf(k.Path) == list))
        {
            foreach (var path in Places(place + key.Path[list.Length..]))
            {
                BindOne(key, path, into);
            }
        }
        foreach (var inner in ConfigKeys.Lists.Where(l => ConfigTable.ListOf(l.Path) == list))
        {
            foreach (var item in Places(place + inner.Path[list.Length..]))
            {
                BindAll(inner.Path, item, inner.Add(into));
            }
        }
    }

    /// <summary>The path itself; for one that ends in [], the items that were written.</summary>
    private IEnumerable<string> Places(string path)
    {
        if (!path.EndsWith("[]", StringComparison.Ordinal))
        {
            return [path];
        }
        var level = ConfigEntry.Items(path[..^2]).Count;
        return entries.Keys.Where(p => p.StartsWith(path[..^1], StringComparison.Ordinal))
            .Select(p => ConfigEntry.Items(p)[level]).Distinct().Order()
            .Select(i => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{path[..^1]}{i}]"));
    }

    private void BindOne(ConfigKey key, string path, object into)
    {
        var entry = entries.GetValueOrDefault(path);
        var text = entry?.Value ?? DefaultOf(key);
        // No value at all: a required one is missed by what checks targets and rules, an optional one keeps what the options start with.
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
