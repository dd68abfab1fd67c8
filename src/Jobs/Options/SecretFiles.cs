namespace HealingWorkers.Jobs.Options;

/// <summary>Replaces KEY_file by what that file holds.</summary>
public sealed class SecretFiles(string directory, ConfigProblems problems)
{
    private const string Suffix = "_file";
    private const int Longest = 1 << 16;

    public IEnumerable<ConfigEntry> Resolve(IReadOnlyCollection<ConfigEntry> entries)
    {
        foreach (var entry in entries)
        {
            var plain = entry.Path.EndsWith(Suffix, StringComparison.Ordinal) ? entry.Path[..^Suffix.Length] : "";
            if (plain.Length == 0 || ConfigTable.Find(ConfigEntry.Generalise(plain)) is not { MayBeFile: true })
            {
                yield return entry;
            }
            else if (entries.Any(e => e.Path == plain && e.Rank == entry.Rank))
            {
                problems.Add(entry.Source, $"`{plain}` and `{entry.Path}` are both given; one of them was expected");
            }
            else if (entry.Value.Length > 0 && Content(entry) is { } content)
            {
                yield return entry with { Path = plain, Value = content, Source = $"{entry.Source} ({entry.Value})", File = Path.GetFullPath(entry.Value, Path.GetFullPath(directory)) };
            }
        }
    }

    private string? Content(ConfigEntry entry)
    {
        var file = Path.Combine(directory, entry.Value);
        try
        {
            if (new FileInfo(file).Length > Longest)
            {
                problems.Add(entry.Source, $"{file} is too large to hold one secret");
                return null;
            }
            return File.ReadAllText(file).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(entry.Source, $"`{entry.Path}` names a file that cannot be read: {e.Message}");
            return null;
        }
    }
}
