using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Keys of every sort, sound first and then with a second copy of rows, in the index and not.</summary>
[TestFixture, NonParallelizable]
public sealed class DuplicateKeysCheckTests
{
    private static readonly DuplicateKeysCheck Check = new();
    private string _database = "";

    private static PgCluster Cluster => CheckCluster.Cluster;

    private const string Keys =
        """
        CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
        CREATE SCHEMA "o""dd; x--";
        CREATE FUNCTION "o""dd; x--".half(int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT $1 / 2';
        CREATE TABLE "o""dd; x--"."t'a""b" (id int PRIMARY KEY, "na me" text, loose text COLLATE loose, a int, b int, n int, p int, e text, q int, d int, soft boolean NOT NULL DEFAULT false);
        INSERT INTO "o""dd; x--"."t'a""b" SELECT i, 'name ' || i, 'l' || i, i / 10, i % 10, CASE WHEN i % 2 = 0 THEN i END, i, 'E' || i, i, i FROM generate_series(1, 1000) i;
        CREATE UNIQUE INDEX k_name ON "o""dd; x--"."t'a""b" ("na me" text_pattern_ops) INCLUDE (a);
        CREATE UNIQUE INDEX k_loose ON "o""dd; x--"."t'a""b" (loose);
        CREATE UNIQUE INDEX k_pair ON "o""dd; x--"."t'a""b" (a, b DESC);
        CREATE UNIQUE INDEX k_null ON "o""dd; x--"."t'a""b" (n);
        CREATE UNIQUE INDEX k_expression ON "o""dd; x--"."t'a""b" (lower(e), "o""dd; x--".half(q * 2));
        CREATE UNIQUE INDEX k_partial ON "o""dd; x--"."t'a""b" (p) WHERE NOT soft AND "o""dd; x--".half(a) >= 0;
        ALTER TABLE "o""dd; x--"."t'a""b" ADD CONSTRAINT k_deferred UNIQUE (d) DEFERRABLE INITIALLY DEFERRED;
        """;

    [SetUp]
    public async Task CreateAsync()
    {
        _database = await CheckCluster.MoviesAsync();
        await Cluster.ExecuteAsync(_database, Keys);
    }

    [Test]
    public async Task Sound_keys_are_clean_and_each_was_looked_at()
    {
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason);
        Assert.That(await Cluster.QueryAsync<long>(_database, "SELECT i.indexrelid::bigint FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE indisunique AND c.relkind IN ('r', 'm')"), Is.EquivalentTo(report.Examined));
    }

    [TestCase("k_name", false)]
    [TestCase("k_name", true)]
    [TestCase("k_loose", false)]
    [TestCase("k_pair", true)]
    [TestCase("k_expression", false)]
    [TestCase("k_partial", true)]
    [TestCase("k_deferred", false)]
    [TestCase("k_deferred", true)]
    public async Task Copies_are_found_with_key_and_places(string index, bool indexed)
    {
        await new Damage(Cluster, _database).Unique.DuplicateRowsAsync($"\"o\"\"dd; x--\".{index}", 3, indexed, Others(index));
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Findings.Select(f => f.Object.Quoted), Is.EqualTo(new[] { $"\"o\"\"dd; x--\".{index}" }), report.Reason);
        var evidence = report.Findings[0].Evidence;
        Assert.That((int)evidence["groups"]!, Is.EqualTo(3));
        var places = evidence["duplicates"]![0]!["ctids"]!.AsArray().Select(c => (string)c!).ToList();
        Assert.That(await Cluster.ScalarAsync<long>(_database, $"SELECT count(*) FROM \"o\"\"dd; x--\".\"t'a\"\"b\" WHERE ctid IN ('{places[0]}', '{places[1]}')"), Is.EqualTo(2));
    }

    [Test]
    public async Task Equality_is_that_of_the_collation()
    {
        await Cluster.ExecuteAsync(_database, """
            UPDATE pg_index SET indisready = false WHERE indexrelid = '"o""dd; x--".k_loose'::regclass;
            """);
        await Cluster.ExecuteAsync(_database, """INSERT INTO "o""dd; x--"."t'a""b" (id, "na me", loose, a, b) VALUES (5001, 'other', 'L7', 900, 1)""");
        await Cluster.ExecuteAsync(_database, """UPDATE pg_index SET indisready = true WHERE indexrelid = '"o""dd; x--".k_loose'::regclass""");
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Findings.Select(f => f.Object.Quoted), Is.EqualTo(new[] { "\"o\"\"dd; x--\".k_loose" }), report.Reason);
    }

    [Test]
    public async Task Nulls_are_equal_only_where_the_index_says_so()
    {
        if (Cluster.Options.Binaries.Major < 15)
        {
            Assert.Ignore("NULLS NOT DISTINCT came with 15.");
        }
        await Cluster.ExecuteAsync(_database, "CREATE TABLE nulls (a int, b int); INSERT INTO nulls SELECT NULL, i FROM generate_series(1, 5) i; CREATE UNIQUE INDEX nulls_key ON nulls (a, b) NULLS NOT DISTINCT");
        Assert.That((await CheckCluster.RunAsync(Check, _database)).Status, Is.EqualTo(CheckStatus.Clean));
        await new Damage(Cluster, _database).Unique.DuplicateRowsAsync("nulls_key", 2);
        Assert.That((await CheckCluster.RunAsync(Check, _database)).Findings.Select(f => f.Object.Quoted), Is.EqualTo(new[] { "public.nulls_key" }));
    }

    [Test]
    public async Task A_deferred_key_in_an_open_transaction_is_no_duplicate()
    {
        await using var writer = await Cluster.OpenAsync(_database);
        await using var command = writer.CreateCommand();
        command.CommandText = "CREATE TABLE later (id int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO later SELECT generate_series(1, 100)";
        await command.ExecuteNonQueryAsync();
        command.CommandText = "BEGIN; INSERT INTO later VALUES (1), (2), (1)";
        await command.ExecuteNonQueryAsync();
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason);
    }

    [Test]
    public async Task A_copy_in_a_partition()
    {
        await new Damage(Cluster, _database).Unique.DuplicateRowsAsync("watch_events_2024h1_pkey", 2);
        Assert.That((await CheckCluster.RunAsync(Check, _database)).Findings.Select(f => f.Object.Quoted), Is.EqualTo(new[] { "public.watch_events_2024h1_pkey" }));
    }

    [Test]
    public async Task A_function_of_somebody_without_our_rights_is_not_called()
    {
        await Cluster.ExecuteAsync(_database, """
            CREATE ROLE stranger; CREATE FUNCTION theirs(int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''called''; END'; 
            CREATE TABLE trapped (id int); CREATE UNIQUE INDEX trapped_key ON trapped (theirs(id)); INSERT INTO trapped DEFAULT VALUES
            """.Replace("INSERT INTO trapped DEFAULT VALUES", "ALTER FUNCTION theirs(int) OWNER TO stranger", StringComparison.Ordinal));
        try
        {
            var report = await CheckCluster.RunAsync(Check, _database);
            Assert.That((report.Status, report.Reason), Is.EqualTo((CheckStatus.Unavailable, report.Reason)));
            Assert.That(report.Reason, Does.Contain("a function of stranger"));
        }
        finally
        {
            await Cluster.ExecuteAsync(_database, "DROP TABLE trapped; DROP FUNCTION theirs(int); DROP ROLE stranger");
        }
    }

    /// <summary>What the copies must not share, since other keys would then be found too.</summary>
    private static Dictionary<string, string> Others(string index)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal) { ["id"] = "id + 10000", ["na me"] = "\"na me\" || ' copy'", ["loose"] = "loose || ' copy'", ["a"] = "a + 10000", ["n"] = "n + 10000", ["p"] = "p + 10000", ["e"] = "e || 'x'", ["d"] = "d + 10000" };
        foreach (var same in index switch { "k_name" => ["na me"], "k_loose" => ["loose"], "k_pair" => ["a"], "k_partial" => ["p"], "k_deferred" => ["d"], _ => new[] { "e" } })
        {
            all.Remove(same);
        }
        return all;
    }
}
