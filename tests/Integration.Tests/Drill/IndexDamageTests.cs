using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Drill;

[TestFixture, NonParallelizable]
public sealed class IndexDamageTests
{
    private const string Index = "movies_title_idx";
    private const string MissingFile = "58P01";
    private static readonly DamageMode Raw = new(FixChecksum: false);
    private string _database = "";

    [OneTimeSetUp]
    public async Task CreateAsync() => _database = await KitCluster.MoviesAsync(2_000);

    [TearDown]
    public Task RebuildAllAsync() => KitCluster.Cluster.ExecuteAsync(_database, "REINDEX TABLE movies");

    private IndexDamage Damage => new Damage(KitCluster.Cluster, _database).Index;

    [TestCase(true)]
    [TestCase(false)]
    public Task A_zeroed_leaf(bool live) =>
        BreaksAndHealsAsync(Index, d => d.ZeroLeafAsync(Index, 3, new DamageMode(live)), Amcheck.IndexCorrupted, Amcheck.IndexCorrupted);

    [Test]
    public Task A_leaf_over_another() =>
        BreaksAndHealsAsync(Index, d => d.CopyLeafAsync(Index), Amcheck.IndexCorrupted, Amcheck.IndexCorrupted);

    [Test]
    public Task Swapped_leaves() =>
        BreaksAndHealsAsync(Index, d => d.SwapLeavesAsync(Index), Amcheck.IndexCorrupted, Amcheck.IndexCorrupted);

    [TestCase(Index)]
    [TestCase("movies_pkey")]
    [TestCase(MoviesSchema.HostileIndex)]
    public Task A_flipped_key(string index) =>
        BreaksAndHealsAsync(index, d => d.FlipKeyInLeafAsync(index), Amcheck.IndexCorrupted, Amcheck.IndexCorrupted);

    [TestCase(Index)]
    [TestCase("movies_year_rating_idx")]
    [TestCase("watch_events_2024h1_movie_id_watched_at_idx")]
    public Task Missing_entries_are_seen_only_against_the_table(string index) =>
        BreaksAndHealsAsync(index, d => d.RemoveLeafEntriesAsync(index), structure: null, Amcheck.DataCorrupted);

    [Test]
    public Task A_garbage_header() =>
        BreaksAndHealsAsync(Index, d => d.GarbagePageAsync(Index), Amcheck.DataCorrupted, Amcheck.DataCorrupted);

    [Test]
    public Task A_truncated_file() =>
        BreaksAndHealsAsync(Index, d => d.TruncateFileAsync(Index, 4), Amcheck.DataCorrupted, Amcheck.DataCorrupted);

    [Test]
    public async Task A_flip_with_its_checksum_left_alone_is_an_invalid_page_and_counted()
    {
        const string failures = "SELECT checksum_failures FROM pg_stat_database WHERE datname = current_database()";
        var before = await KitCluster.Cluster.ScalarAsync<long>(_database, failures);
        await BreaksAndHealsAsync(Index, d => d.FlipKeyInLeafAsync(Index, mode: Raw), Amcheck.DataCorrupted, Amcheck.DataCorrupted);
        // Before PostgreSQL 15 the statistics arrive a moment later.
        await Poll.UntilAsync(
            async ct => await KitCluster.Cluster.ScalarAsync<long>(_database, failures, ct: ct) > before,
            TimeSpan.FromSeconds(5), "the failure counted");
    }

    [Test]
    public async Task Without_its_file_every_query_on_the_table_fails()
    {
        await Damage.MissingFileAsync(Index);
        Assert.That(await Amcheck.TryAsync(_database, "SELECT count(*) FROM movies"), Is.EqualTo(MissingFile));
        Assert.That(await Amcheck.IndexAsync(_database, Index), Is.EqualTo(Amcheck.IndexCorrupted));
        await RebuildAsync(Index);
    }

    [Test]
    public async Task A_toast_index()
    {
        var index = await new Damage(KitCluster.Cluster, _database).ZeroToastIndexLeafAsync("movies", 1);
        Assert.That(await Amcheck.IndexAsync(_database, index), Is.EqualTo(Amcheck.IndexCorrupted));
        Assert.That(await Amcheck.TryAsync(_database, "SELECT sum(length(script || 'x')) FROM movies"), Is.EqualTo(Amcheck.IndexCorrupted));
        await RebuildAsync(index);
    }

    private async Task BreaksAndHealsAsync(string index, Func<IndexDamage, Task> damage, string? structure, string? against)
    {
        var before = await TableHash.OfDatabaseAsync(KitCluster.Cluster, _database);
        Assert.That(await Amcheck.IndexAsync(_database, index), Is.Null, "sound at first");
        await damage(Damage);
        Assert.That(await Amcheck.StructureAsync(_database, index), Is.EqualTo(structure), "structure");
        Assert.That(await Amcheck.IndexAsync(_database, index), Is.EqualTo(against), "against the table");
        await RebuildAsync(index);
        Assert.That(await TableHash.OfDatabaseAsync(KitCluster.Cluster, _database), Is.EqualTo(before));
    }

    private async Task RebuildAsync(string index)
    {
        await KitCluster.Cluster.ExecuteAsync(_database, $"REINDEX INDEX CONCURRENTLY {index}");
        Assert.That(await Amcheck.IndexAsync(_database, index), Is.Null, "sound again");
    }
}
