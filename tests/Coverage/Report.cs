using System.Globalization;

namespace HealingWorkers.Coverage;

/// <summary>Lines that hold a statement, and how many of them ran.</summary>
public static class Report
{
    public static void Print(string hits, IReadOnlyDictionary<Place, int> places)
    {
        var ran = File.Exists(hits) ? File.ReadAllBytes(hits) : [];
        var lines = new Dictionary<(string File, int Line), bool>();
        foreach (var (place, number) in places)
        {
            for (var line = place.First; line <= place.Last; line++)
            {
                var key = (place.File, line);
                lines[key] = lines.GetValueOrDefault(key) || (number < ran.Length && ran[number] != 0);
            }
        }
        foreach (var folder in lines.GroupBy(l => Folder(l.Key.File)).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            Console.WriteLine(Line(folder.Key, folder.Select(l => l.Value)));
        }
        if (Environment.GetEnvironmentVariable("COVERAGE_FILES") is { Length: > 0 })
        {
            foreach (var file in lines.GroupBy(l => l.Key.File).OrderBy(g => g.Count(l => l.Value) * 1.0 / g.Count()))
            {
                Console.WriteLine(Line(file.Key, file.Select(l => l.Value)) + "  not run: " + string.Join(' ', file.Where(l => !l.Value).Select(l => l.Key.Line).Order().Take(40)));
            }
        }
        Console.WriteLine("left out: code made by the compiler's generators (obj/), and the job engine's other adapter, which this edition does not compile");
        Console.WriteLine(Line("line coverage of src", lines.Values));
    }

    private static string Line(string name, IEnumerable<bool> lines)
    {
        var all = lines.ToList();
        return string.Create(CultureInfo.InvariantCulture, $"{name,-34} {100.0 * all.Count(l => l) / Math.Max(1, all.Count),5:0.0} %  ({all.Count(l => l)} of {all.Count} lines)");
    }

    private static string Folder(string file) => string.Join('/', file.Split('/').SkipLast(1).Take(2));
}
