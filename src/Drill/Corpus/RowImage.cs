using System.Text.Json;

namespace HealingWorkers.Drill;

/// <summary>A row as the texts of its columns. Of a row that cannot be read whole only the columns that can.</summary>
public sealed class RowImage
{
    private RowImage(string key, IReadOnlyDictionary<string, string?> values, bool isWhole, RowPlace? place = null) => (Key, Values, IsWhole, Place) = (key, values, isWhole, place);

    /// <summary>Two rows with the same content have the same key.</summary>
    public string Key { get; }

    public IReadOnlyDictionary<string, string?> Values { get; }

    public bool IsWhole { get; }

    /// <summary>Where it was read.</summary>
    public RowPlace? Place { get; }

    /// <summary>Reads `ctid json`.</summary>
    public static RowImage Whole(string line)
    {
        var (place, json) = (line[..line.IndexOf(' ', StringComparison.Ordinal)], line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..]);
        return new(json, JsonSerializer.Deserialize<Dictionary<string, string?>>(json)!, isWhole: true, RowPlace.Parse(place));
    }

    public static RowImage Part(IReadOnlyDictionary<string, string?> values, RowPlace? place = null) => new(JsonSerializer.Serialize(values), values, isWhole: false, place);

    /// <summary>Stands for one row of <paramref name="values"/>, whichever of its columns are asked for.</summary>
    public static RowImage Of(IEnumerable<string> columns, IEnumerable<string?> values) =>
        new("", columns.Zip(values).ToDictionary(p => p.First, p => p.Second, StringComparer.Ordinal), isWhole: true);

    /// <summary>Whether another row has all that is known of this one.</summary>
    public bool IsWithin(IReadOnlyDictionary<string, string?> other) =>
        Values.All(v => other.TryGetValue(v.Key, out var value) && string.Equals(v.Value, value, StringComparison.Ordinal));
}
