using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

[TestFixture, NonParallelizable]
public sealed class BtreeCheckTests
{
    private const string Index = "movies_title_idx";
    private static readonly BtreeCheck Check = new();
    private string _database = "";

    [SetUp]
    public async Task CreateAsync() => _database = await CheckCluster.MoviesAsync();

    private Damage Damage => new(CheckCluster.Cluster, _database);

    [TestCase(1)]
    [TestCase(4)]
    public async Task A_sound_database_is_clean_and_every_index_was_looked_at(int jobs)
    {
        var report = await CheckCluster.RunAsync(Check, _database, jobs: jobs);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason);
        var all = await CheckCluster.Cluster.QueryAsync<long>(
            _database,
            "SELECT c.oid::bigint FROM pg_class c JOIN pg_am a ON a.oid = c.relam WHERE c.relkind = 'i' AND a.amname = 'btree'");
        Assert.That(all.Except(report.Examined), Is.Empty);
        Assert.That(all, Has.Count.GreaterThan(100), "catalogue and TOAST too");
    }

    [Test]
    public async Task A_zeroed_leaf() => await FindsAsync(d => d.Index.ZeroLeafAsync(Index, 3), "public." + Index);

    [Test]
    public async Task Swapped_leaves() => await FindsAsync(d => d.Index.SwapLeavesAsync(Index), "public." + Index);

    [Test]
    public async Task Missing_entries() => await FindsAsync(d => d.Index.RemoveLeafEntriesAsync(Index), "public." + Index);

    [Test]
    public async Task A_hostile_name() => await FindsAsync(d => d.Index.FlipKeyInLeafAsync(MoviesSchema.HostileIndex), MoviesSchema.HostileIndex);

    [Test]
    public async Task A_leaf_index_of_a_partition() =>
        await FindsAsync(d => d.Index.RemoveLeafEntriesAsync("watch_events_2024h1_movie_id_watched_at_idx"), "public.watch_events_2024h1_movie_id_watched_at_idx");

    [Test]
    public async Task An_invalid_page_of_the_index() =>
        await FindsAsync(d => d.Index.FlipKeyInLeafAsync(Index, mode: new DamageMode(FixChecksum: false)), "public." + Index);

    [Test]
    public async Task A_toast_index()
    {
        var index = await Damage.ZeroToastIndexLeafAsync("movies", 1);
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Findings.Select(f => (f.Object.Quoted, f.Repair)), Is.EqualTo(new[] { (index, "rebuild_index") }));
    }

    [Test]
    public async Task A_missing_file_is_called_that()
    {
        await Damage.Index.MissingFileAsync(Index);
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Findings.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.IndexFileMissing, "public." + Index) }));
    }

    [Test]
    public async Task An_invalid_page_of_the_table_is_not_blamed_on_its_indexes()
    {
        await Damage.Heap.GarbagePageAsync("people", 2);
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Findings.Select(f => (f.Kind, f.Object.Quoted, f.Repair)), Is.EqualTo(new[] { (FindingKind.HeapPageInvalid, "public.people", (string?)null) }));
    }

    [Test]
    public async Task A_catalogue_index_is_rebuilt_under_locks_and_a_critical_one_by_a_person()
    {
        await Damage.Index.ZeroLeafAsync("pg_description_o_c_o_index", 2);
        await Damage.Index.ZeroLeafAsync("pg_attribute_relid_attnam_index", 4);
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(
            report.Findings.Select(f => (f.Object.Quoted, f.Repair, f.Risk)),
            Is.EqualTo(new[]
            {
                ("pg_catalog.pg_attribute_relid_attnam_index", (string?)null, (RiskClass?)null),
                ("pg_catalog.pg_description_o_c_o_index", "rebuild_index_locking", (RiskClass?)RiskClass.LosslessLocking),
            }));
    }

    [Test]
    public async Task Only_the_asked_for_indexes_are_looked_at()
    {
        await Damage.Index.ZeroLeafAsync(Index, 3);
        var other = await CheckCluster.OidAsync(_database, "movies_pkey");
        var report = await CheckCluster.RunAsync(Check, _database, CheckScope.OfIndexes(other));
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean));
        Assert.That(report.Examined, Is.EquivalentTo(new[] { other, await CheckCluster.OidAsync(_database, "movies") }));
        var table = await CheckCluster.RunAsync(Check, _database, CheckScope.OfTable(await CheckCluster.OidAsync(_database, "movies")));
        Assert.That(table.Findings.Select(f => f.Object.Quoted), Is.EqualTo(new[] { "public." + Index }));
    }

    [Test]
    public async Task An_index_that_somebody_rebuilds_is_left_alone()
    {
        await using var rebuild = await HeldRebuild.StartAsync(CheckCluster.Cluster, _database, Index);
        Assert.That((await CheckCluster.RunAsync(Check, _database)).Status, Is.EqualTo(CheckStatus.Clean));
    }

    [Test]
    public async Task A_locked_index_is_not_called_clean()
    {
        await using var holder = await CheckCluster.Cluster.OpenAsync(_database);
        await using var command = new Npgsql.NpgsqlCommand("BEGIN; LOCK TABLE people IN ACCESS EXCLUSIVE MODE", holder);
        await command.ExecuteNonQueryAsync();
        var index = await CheckCluster.OidAsync(_database, "people_pkey");
        var report = await CheckCluster.RunAsync(Check, _database, CheckScope.OfIndexes(index));
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Failed));
        Assert.That(report.Reason, Does.Contain("people_pkey").And.Contain("lock"));
        Assert.That(report.Examined, Is.Empty);
    }

    [Test]
    public async Task Without_amcheck_it_is_unavailable_and_says_what_to_do()
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, "DROP EXTENSION amcheck");
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Unavailable));
        Assert.That(report.Reason, Does.Contain("CREATE EXTENSION amcheck"));
    }

    private async Task FindsAsync(Func<Damage, Task> damage, string named)
    {
        await damage(Damage);
        var report = await CheckCluster.RunAsync(Check, _database, jobs: 2);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Damaged), report.Reason);
        Assert.That(
            report.Findings.Select(f => (f.Kind, f.Object.Quoted, f.Repair, f.Risk)),
            Is.EqualTo(new[] { (FindingKind.BtreeCorrupt, named, "rebuild_index", (RiskClass?)RiskClass.LosslessOnline) }));
        Assert.That(report.Examined, Does.Contain(report.Findings[0].Object.Oid));
    }
}
