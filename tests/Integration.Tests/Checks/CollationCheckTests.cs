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
        await Damage.ChangeDefaultOrderAsync(record: RecordedVersion.Mismatch);
        var finding = (await RunAsync()).Findings.Single();
        Assert.That((finding.Kind, finding.Object.Quoted, finding.Severity), Is.EqualTo((FindingKind.CollationVersion, "pg_catalog.\"default\"", Severity.Critical)));
        var named = finding.Evidence["indexes"]!.AsArray().Select(i => i!["name"]!.ToString()).ToList();
        Assert.That(named, Does.Contain("public.movies_title_idx").And.Contain("public.movies_title_lower_idx"));
        Assert.That(named, Does.Not.Contain("public.movies_pkey").And.Not.Contain("public." + _index).And.Not.Contain("public.movies_title_hash"));
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
