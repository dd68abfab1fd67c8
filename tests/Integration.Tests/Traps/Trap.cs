using System.Text.Json.Nodes;
using HealingWorkers.Integration.Tests.Healing;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Traps;

/// <summary>A database that somebody prepared so that healing it would be wrong, and what `heal --approve-all` did to it.</summary>
internal static class Trap
{
    private const string Relations =
        """
        SELECT string_agg(format('%s %s %s %s %s', c.oid, n.nspname, c.relname, coalesce(pg_relation_filenode(c.oid), 0), coalesce(i.indisvalid, true)), E'\n' ORDER BY c.oid)
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_index i ON i.indexrelid = c.oid
        WHERE c.oid >= 16384 AND c.relkind IN ('r', 'i', 'I', 'p', 't', 'm', 'S')
        """;

    public static async Task<(int Code, JsonNode Report)> HealAsync(Hospital hospital)
    {
        var (code, text) = await RunAsync(hospital, "heal", "--connection", Hospital.Cluster.ConnectionString(hospital.Database), "--approve-all", "--format", "json");
        Assert.That(text, Does.StartWith("{"), text);
        return (code, JsonNode.Parse(text)!);
    }

    public static async Task<(int Code, string Text)> RunAsync(Hospital hospital, params string[] args)
    {
        var (code, text, errors) = await CommandRun.OfAsync(hospital.Db, hospital.Options, [("HEALING__SNAPSHOTS__BASE_BACKUP", "never"), ("HEALING__WORKER__LEASE", "5m")], args);
        return (code, text.Length > 0 ? text : errors);
    }

    /// <summary>No incident, no statement of a repair, every relation's file and validity as before.</summary>
    public static async Task<JsonNode> AssertUntouchedAsync(Hospital hospital, int incidents = 0)
    {
        var before = await StateAsync(hospital);
        var logged = Hospital.Cluster.Log.Length;
        var (_, report) = await HealAsync(hospital);
        Assert.That(report["incidents"]!.AsArray(), Has.Count.EqualTo(incidents), report.ToJsonString());
        Assert.That(await StateAsync(hospital), Is.EqualTo(before));
        Assert.That(Sent(hospital, logged), Is.Empty);
        return report;
    }

    public static Task<string?> StateAsync(Hospital hospital) => Hospital.Cluster.ScalarAsync<string>(hospital.Database, Relations);

    public static IReadOnlyList<string> Sent(Hospital hospital, int since) =>
        [.. Hospital.Cluster.Log[since..].Split('\n').Where(l => l.Contains($"@{hospital.Database} healing", StringComparison.Ordinal)
            // the extensions that checks need are no repair
            && !l.Contains(": CREATE EXTENSION IF NOT EXISTS ", StringComparison.Ordinal)
            && new[] { "REINDEX ", "DROP ", "ALTER ", "UPDATE ", "DELETE ", "INSERT ", "CREATE " }.Any(s => l.Contains(": " + s, StringComparison.Ordinal)))];

    public static string? Check(JsonNode report, string name, string field = "status") =>
        report["checks"]!.AsArray().Single(c => (string?)c!["name"] == name)![field]?.ToString();
}
