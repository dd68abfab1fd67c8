using System.Globalization;
using HealingWorkers.Drill;

namespace HealingWorkers.Bench;

/// <summary>A rule about JSON over a million rows and over five: rows a second, and the most memory that the program held.</summary>
internal static class JsonBench
{
    private const string Database = "shapes";

    public static async Task RunAsync(CancellationToken cancel)
    {
        await using var cluster = await PgCluster.StartNewAsync(
            new PgClusterOptions { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["shared_buffers"] = "256MB", ["max_wal_size"] = "4GB" } }, cancel);
        await cluster.CreateDatabaseAsync(Database, ct: cancel);
        await cluster.ExecuteAsync(Database, "CREATE TABLE movies (id bigint PRIMARY KEY, meta jsonb)", ct: cancel);
        var folder = Directory.CreateTempSubdirectory("healing-bench-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "meta.json"), """
                { "type": "object", "required": ["runtime"], "properties": {
                    "runtime": { "type": "integer", "minimum": 0 }, "genres": { "type": "array", "items": { "type": "string" } },
                    "ratings": { "type": "array", "items": { "type": "object", "required": ["source"], "properties": { "source": { "type": "string" }, "stars": { "type": "number" } } } } } }
                """, cancel);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "healing.yaml"), $$"""
                targets:
                - name: bench
                  connection: "{{cluster.ConnectionString(Database)}}"
                  rules:
                    json: [{ column: movies.meta, schema: meta.json }]
                """, cancel);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"rows",10} {"seconds",10} {"rows/s",10} {"peak MiB",10}"));
            var there = 0;
            foreach (var rows in new[] { 1_000_000, 5_000_000 })
            {
                await cluster.ExecuteAsync(Database, string.Create(CultureInfo.InvariantCulture, $$"""
                    INSERT INTO movies SELECT i, jsonb_build_object('runtime', 60 + i % 120, 'genres', jsonb_build_array('g' || i % 12, 'g' || i % 7),
                        'ratings', jsonb_build_array(jsonb_build_object('source', CASE WHEN i % 1000 = 0 THEN NULL ELSE 'tmdb' END, 'stars', i % 10))) FROM generate_series({{there + 1}}, {{rows}}) i
                    """), ct: cancel);
                there = rows;
                await cluster.ExecuteAsync(Database, "VACUUM (ANALYZE)", ct: cancel);
                var command = Built.Command("check", "--target", "bench", "--checks", "json", "--format", "json", "--config", Path.Combine(folder.FullName, "healing.yaml"));
                var run = await MeasuredRun.OfAsync(command, [2], cancel);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows,10} {run.Seconds,10:0.0} {rows / run.Seconds,10:0} {run.PeakMebibytes,10:0}"));
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
