namespace HealingWorkers.Jobs.Options;

/// <summary>Reads, checks and binds the configuration. Whatever is wrong with it is said all at once.</summary>
public static class OptionsLoader
{
    private const string DefaultFile = "healing.yaml";

    public static LoadedOptions Load(OptionsSources sources)
    {
        var problems = new ConfigProblems();
        var (file, directory) = FileOf(sources, problems);
        var written = new List<ConfigEntry>();
        if (file is not null)
        {
            written.AddRange(new YamlSource(Path.GetRelativePath(sources.Directory, file) is var near && !near.StartsWith("..", StringComparison.Ordinal) ? near : file, problems).Read(file));
        }
        written.AddRange(FlatSources.Environment(sources.Environment));
        written.AddRange(FlatSources.CommandLine(sources.Overrides, problems));

        var entries = new SecretFiles(directory, problems).Resolve(written)
            .GroupBy(e => e.Path, StringComparer.Ordinal)
            .Select(g => g.MaxBy(e => e.Rank)!)
            .Where(e => IsKnown(e, problems))
            .ToDictionary(e => e.Path, StringComparer.Ordinal);
        var binder = new OptionsBinder(entries, problems, sources);
        var loaded = binder.Bind();
        TargetFiles.Remember(loaded.Options, entries);
        TargetRules.Check(loaded.Options, entries, problems);
        HttpRules.Check(loaded.Options, entries, problems, directory);
        new RuleChecks(entries, problems, directory).Check(loaded.Options);
        new AlertChecks(entries, problems, directory).Check(loaded.Options);
        problems.ThrowIfAny();
        return loaded;
    }

    private static (string? File, string Directory) FileOf(OptionsSources sources, ConfigProblems problems)
    {
        var file = Path.GetFullPath(sources.File ?? DefaultFile, sources.Directory);
        if (File.Exists(file))
        {
            return (file, Path.GetDirectoryName(file)!);
        }
        if (sources.File is not null)
        {
            problems.Add("--config", $"there is no file {file}");
        }
        return (null, sources.Directory);
    }

    private static bool IsKnown(ConfigEntry entry, ConfigProblems problems)
    {
        var pattern = entry.Pattern;
        if (ConfigTable.Unbuilt(pattern) is { } unbuilt)
        {
            problems.Add(entry.Source, $"`{unbuilt.Path}` is not built yet ({unbuilt.Description.TrimEnd('.')}); take it out for now");
            return false;
        }
        if (ConfigTable.Unknown(pattern) is { } unknown)
        {
            var meant = ConfigTable.Suggest(unknown) is { } suggestion ? $"; did you mean `{suggestion}`?" : "";
            problems.Add(entry.Source, $"there is no key `{unknown}`{meant}");
            return false;
        }
        if (ConfigTable.Find(pattern) is null)
        {
            problems.Add(entry.Source, $"`{entry.Path}` holds other keys; a value was not expected here");
            return false;
        }
        return true;
    }
}
