using System.Collections.Concurrent;
using System.Reflection;

namespace HealingWorkers.Jobs;

/// <summary>
/// Reads a query from the .sql file beside the code that sends it: <c>Sql.Of&lt;IncidentLedger&gt;("open")</c> is <c>Incidents/Sql/open.sql</c>.
/// What several of them say alike is a file of its own, and stands in each as a line <c>-- include: name</c>.
/// </summary>
public static class Sql
{
    private const string Include = "-- include: ";
    private static readonly ConcurrentDictionary<(Assembly, string), string> Loaded = new();

    public static string Of<TAnchor>(string name) => Of(typeof(TAnchor), name);

    public static string Of(Type anchor, string name) =>
        Loaded.GetOrAdd((anchor.Assembly, $"{anchor.Namespace}.Sql.{name}.sql"), static key => Read(key.Item1, key.Item2));

    private static string Read(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"there is no SQL file {resource}");
        using var reader = new StreamReader(stream);
        var text = reader.ReadToEnd();
        return !text.Contains(Include, StringComparison.Ordinal) ? text
            : string.Join('\n', text.Split('\n').Select(line => line.StartsWith(Include, StringComparison.Ordinal) ? Read(assembly, Sibling(resource, line[Include.Length..].TrimEnd())) : line));
    }

    private static string Sibling(string resource, string name) => $"{resource[..(resource.IndexOf(".Sql.", StringComparison.Ordinal) + ".Sql.".Length)]}{name}.sql";
}
