using System.Collections.Concurrent;
using System.Reflection;

namespace HealingWorkers.Jobs;

/// <summary>Reads a query from the .sql file beside the code that sends it: <c>Sql.Of&lt;IncidentLedger&gt;("open")</c> is <c>Incidents/Sql/open.sql</c>.</summary>
public static class Sql
{
    private static readonly ConcurrentDictionary<(Assembly, string), string> Loaded = new();

    public static string Of<TAnchor>(string name) => Of(typeof(TAnchor), name);

    public static string Of(Type anchor, string name) =>
        Loaded.GetOrAdd((anchor.Assembly, $"{anchor.Namespace}.Sql.{name}.sql"), static key => Read(key.Item1, key.Item2));

    private static string Read(Assembly assembly, string resource)
    {
        using var stream = assembly.GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"there is no SQL file {resource}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
