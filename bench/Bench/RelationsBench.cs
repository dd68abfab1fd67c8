using System.Globalization;
using System.Text.Json.Nodes;
using HealingWorkers.Drill;

namespace HealingWorkers.Bench;

/// <summary>Every check over schemas of more and more relations: time and memory should grow with their number and no faster.</summary>
internal static class RelationsBench
{
    private const double Told = 2;
    private static readonly int[] Sizes = [2_500, 5_000, 10_000];

    public static async Task RunAsync(int rounds, CancellationToken cancel)
    {
        await using var cluster = await PgCluster.StartNewAsync(
            new PgClusterOptions { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["max_locks_per_transaction"] = "1024", ["autovacuum"] = "off" } }, cancel);
        Console.WriteLine(Samples.Header("all checks, by the number of relations of the schema"));
        var (perRelation, byCheck) = (new List<double>(), new List<IReadOnlyDictionary<string, double>>());
        foreach (var size in Sizes)
        {
            var database = string.Create(CultureInfo.InvariantCulture, $"r{size}");
            await CreateAsync(cluster, database, size, cancel);
            var seconds = new List<double>();
            var memory = new List<double>();
            var last = "";
            for (var round = 0; round < rounds; round++)
            {
                var run = await MeasuredRun.OfAsync(Built.Command("check", "--connection", cluster.ConnectionString(database), "--format", "json"), [0, 2], cancel);
                seconds.Add(run.Seconds);
                memory.Add(run.PeakMebibytes);
                last = run.Output;
            }
            Console.WriteLine(new Samples(seconds).Row(FormattableString.Invariant($"{size} relations"), "s"));
            Console.WriteLine(new Samples(memory).Row(FormattableString.Invariant($"{size} relations, peak memory"), "MiB"));
            perRelation.Add(new Samples(seconds).Median / size);
            byCheck.Add(OfChecks(last));
            await cluster.ExecuteAsync("postgres", $"DROP DATABASE {database}", ct: cancel);
        }
        Console.WriteLine(FormattableString.Invariant($"a relation at {Sizes[^1]}, against one at {Sizes[0]}: {perRelation[^1] / perRelation[0]:0.00} times (1 is linear)"));
        foreach (var (check, seconds) in byCheck[^1].OrderByDescending(c => c.Value).TakeWhile(c => c.Value >= Told))
        {
            Console.WriteLine(FormattableString.Invariant($"  {check,-24} {byCheck[0][check],8:0.0} s {seconds,8:0.0} s  {seconds / byCheck[0][check] / Sizes[^1] * Sizes[0]:0.00}"));
        }
    }

    private static Dictionary<string, double> OfChecks(string json) =>
        JsonNode.Parse(json)!["checks"]!.AsArray().ToDictionary(c => (string)c!["name"]!, c => (double)c!["seconds"]!);

    /// <summary>Tables of a few rows with a primary key and a foreign key to the table before: two relations each.</summary>
    private static async Task CreateAsync(PgCluster cluster, string database, int relations, CancellationToken cancel)
    {
        await cluster.CreateDatabaseAsync(database, ct: cancel);
        await cluster.ExecuteAsync(database, "CREATE EXTENSION amcheck; CREATE EXTENSION pg_visibility", ct: cancel);
        for (var first = 1; first <= relations / 2; first += 500)
        {
            await cluster.ExecuteAsync(
                database,
                string.Create(CultureInfo.InvariantCulture, $$"""
                DO $do$
                BEGIN
                    FOR i IN {{first}}..least({{first}} + 499, {{relations / 2}}) LOOP
                        EXECUTE format('CREATE TABLE t%s (id int PRIMARY KEY, before int %s)', i, CASE WHEN i > 1 THEN format('REFERENCES t%s', i - 1) ELSE '' END);
                        EXECUTE format('INSERT INTO t%s SELECT g, %s FROM generate_series(1, 100) g', i, CASE WHEN i > 1 THEN 'g' ELSE 'NULL' END);
                    END LOOP;
                END
                $do$
                """), ct: cancel);
        }
        await cluster.ExecuteAsync(database, "VACUUM (ANALYZE)", ct: cancel);
    }
}
