using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

[TestFixture, NonParallelizable]
public sealed class CollationCheckTests
{
    private const string Collation = "public.kit_order";
    private static readonly CollationCheck Check = new();
    private RememberedInMemory _memory = null!;
    private string _database = "", _index = "";

    [SetUp]
    public async Task CreateAsync()
    {
        _database = await CheckCluster.MoviesAsync();
        _memory = new();
        _index = await Damage.CreateIndexAsync("movies", "title");
        Assert.That((await RunAsync()).Status, Is.EqualTo(CheckStatus.Clean));
    }

    private CollationDamage Damage => new(CheckCluster.Cluster, _database);

    [Test]
    public async Task Another_version_names_what_depends_on_it_and_nothing_else()
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, "CREATE INDEX partial_idx ON people (id) WHERE name COLLATE kit_order < 'm'; CREATE INDEX hashed_idx ON people USING hash (name COLLATE kit_order)");
        await Damage.RecordVersionAsync("kit_order");
        var finding = (await RunAsync()).Findings.Single();
        Assert.That((finding.Kind, finding.Object.Quoted, finding.Severity, finding.Repair), Is.EqualTo((FindingKind.CollationVersion, Collation, Severity.Warning, "rebuild_collation")));
        Assert.That(finding.Evidence["indexes"]!.AsArray().Select(i => i!["name"]!.ToString()), Is.EquivalentTo(new[] { "public." + _index, "public.partial_idx" }));
    }

    [Test]
    public async Task What_hangs_on_it_by_what_is_within_its_keys_is_named_too()
    {
        await CheckCluster.Cluster.ExecuteAsync(_database,
            """
            CREATE TYPE named AS (no int, name text COLLATE kit_order);
            CREATE DOMAIN known AS named;
            CREATE TYPE shelf AS (at int, held known[]);
            CREATE TYPE spans AS RANGE (subtype = text, collation = kit_order, multirange_type_name = many_spans);
            CREATE DOMAIN span AS spans;
            CREATE TABLE odd (one named, many shelf, spread many_spans, narrow span, tags named[]);
            CREATE INDEX odd_one ON odd (one);
            CREATE INDEX odd_many ON odd (many);
            CREATE INDEX odd_expression ON odd ((tags[1]));
            CREATE INDEX odd_spread ON odd (spread);
            CREATE INDEX odd_spread_gist ON odd USING gist (spread);
            CREATE INDEX odd_narrow ON odd (narrow);
            CREATE INDEX odd_tags ON odd USING gin (tags);
            CREATE INDEX odd_image ON odd (one record_image_ops);
            CREATE INDEX odd_hash ON odd USING hash (one);
            """);
        await Damage.RecordVersionAsync("kit_order");
        var finding = (await RunAsync()).Findings.Single();
        Assert.That(finding.Evidence["indexes"]!.AsArray().Select(i => i!["name"]!.ToString()), Is.EquivalentTo(
            new[] { _index, "odd_one", "odd_many", "odd_expression", "odd_spread", "odd_spread_gist", "odd_narrow", "odd_tags" }.Select(i => "public." + i)));
    }

    [Test]
    public async Task A_version_without_dependents_is_told_too()
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, $"DROP INDEX {_index}");
        await Damage.RecordVersionAsync("kit_order");
        Assert.That((await CheckCluster.RunAsync(Check, _database)).Findings.Single().Evidence["indexes"]!.AsArray(), Is.Empty);
    }

    [TestCase(RecordedVersion.None)]
    [TestCase(RecordedVersion.Equal)]
    public async Task A_new_order_that_no_version_tells_is_found_until_the_indexes_are_rebuilt(RecordedVersion record)
    {
        await Damage.ChangeOrderAsync(record: record);
        for (var run = 0; run < 2; run++)
        {
            var finding = (await RunAsync()).Findings.Single();
            Assert.That((finding.Kind, finding.Object.Quoted, finding.Severity), Is.EqualTo((FindingKind.CollationOrder, Collation, Severity.Critical)));
            Assert.That(finding.Evidence["indexes"]!.AsArray().Select(i => i!["name"]!.ToString()), Is.EqualTo(new[] { "public." + _index }));
        }
        await CheckCluster.Cluster.ExecuteAsync(_database, $"REINDEX INDEX CONCURRENTLY {_index}");
        Assert.That((await RunAsync()).Status, Is.EqualTo(CheckStatus.Clean));
    }

    [Test]
    public async Task A_new_order_with_a_new_version_is_one_critical_finding()
    {
        await Damage.ChangeOrderAsync(record: RecordedVersion.Mismatch);
        var finding = (await RunAsync()).Findings.Single();
        Assert.That((finding.Kind, finding.Severity), Is.EqualTo((FindingKind.CollationVersion, Severity.Critical)));
    }

    [Test]
    public async Task The_order_of_the_whole_database()
    {
        if (PgBinaries.Default.Major < 15)
        {
            Assert.Ignore("Before PostgreSQL 15 a database cannot be ordered by ICU.");
        }
        await CheckCluster.Cluster.ExecuteAsync(_database, "CREATE INDEX metadata_idx ON movies (metadata_json); CREATE INDEX metadata_hash ON movies USING hash (metadata_json); CREATE TABLE lists (held jsonb[] PRIMARY KEY)");
        await Damage.ChangeDefaultOrderAsync(record: RecordedVersion.Mismatch);
        var finding = (await RunAsync()).Findings.Single();
        Assert.That((finding.Kind, finding.Object.Quoted, finding.Severity), Is.EqualTo((FindingKind.CollationVersion, "pg_catalog.\"default\"", Severity.Critical)));
        var named = finding.Evidence["indexes"]!.AsArray().Select(i => i!["name"]!.ToString()).ToList();
        Assert.That(named, Does.Contain("public.movies_title_idx").And.Contain("public.movies_title_lower_idx").And.Contain("public.metadata_idx").And.Contain("public.lists_pkey"));
        Assert.That(named, Does.Not.Contain("public.movies_pkey").And.Not.Contain("public." + _index).And.Not.Contain("public.movies_title_hash").And.Not.Contain("public.movies_metadata_gin").And.Not.Contain("public.metadata_hash"));
    }

    [Test]
    public async Task Rows_in_the_wrong_partition_are_for_a_person()
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, "CREATE TABLE by_name (name text COLLATE kit_order) PARTITION BY RANGE (name)");
        Assert.That((await RunAsync()).Status, Is.EqualTo(CheckStatus.Clean));
        await Damage.ChangeOrderAsync(record: RecordedVersion.None);
        var finding = (await RunAsync()).Findings.Single();
        Assert.That((finding.Repair, finding.Risk), Is.EqualTo(((string?)null, (RiskClass?)null)));
        Assert.That(finding.Evidence["partition_keys"]!.AsArray().Single()!["name"]!.ToString(), Is.EqualTo("public.by_name"));
    }

    private Task<CheckReport> RunAsync() => CheckCluster.RunAsync(Check, _database, memory: _memory);
}
