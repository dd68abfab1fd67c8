using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Drill;

/// <summary>Damage to indexes other than B-trees, to sequences, keys, constraints and the catalogue.</summary>
[TestFixture, NonParallelizable]
public sealed class OtherDamageTests
{
    private const string BySequence = "SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;";
    private const string ByIndex = "SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off;";
    private const string WithoutOthers = "DROP INDEX IF EXISTS movies_title_idx, movies_year_rating_idx, movies_recent_idx;";
    private string _database = "";

    private static PgCluster Cluster => KitCluster.Cluster;

    private Damage Damage => new(Cluster, _database);

    [OneTimeSetUp]
    public async Task CreateAsync()
    {
        _database = await KitCluster.MoviesAsync(2_000);
        await Cluster.ExecuteAsync(_database, "CREATE INDEX movies_span_gist ON movies USING gist (int4range(year, year + 1 + (id % 3)::int));");
    }

    [TearDown]
    public async Task RebuildAllAsync()
    {
        await Cluster.ExecuteAsync(_database, "DELETE FROM movies WHERE id = 900000");
        await Cluster.ExecuteAsync(_database, "REINDEX TABLE movies");
    }

    [TestCase("movies_title_hash", true)]
    [TestCase("movies_title_hash", false)]
    [TestCase("movies_metadata_gin", false)]
    [TestCase("movies_year_brin", false)]
    public async Task Rows_are_no_longer_found_by_the_index(string index, bool kill)
    {
        // A hash index is asked value by value: of the rows there, how many are found again?
        var question = index switch
        {
            "movies_title_hash" => "SELECT count(*) FROM (SELECT title FROM movies OFFSET 0) AS m WHERE EXISTS (SELECT FROM movies AS x WHERE x.title = m.title)",
            "movies_metadata_gin" => "SELECT count(*) FROM (SELECT 'g' || i AS g FROM generate_series(0, 11) AS i) AS m, LATERAL (SELECT FROM movies WHERE metadata_json @> jsonb_build_object('genres', jsonb_build_array(g))) AS x",
            _ => "SELECT count(*) FROM movies WHERE year BETWEEN 1900 AND 2100",
        };
        var whole = await Cluster.ScalarAsync<long>(_database, BySequence + question);
        if (kill)
        {
            await Damage.OtherIndex.KillEntryAsync(index, 1);
        }
        else
        {
            await Damage.OtherIndex.FlipAsync(index, 0);
        }
        Assert.That(await Cluster.ScalarAsync<long>(_database, "BEGIN;" + WithoutOthers + ByIndex + question), Is.LessThan(whole));
    }

    [TestCase("movies_title_hash")]
    [TestCase("movies_metadata_gin")]
    [TestCase("movies_span_gist")]
    [TestCase("movies_year_brin")]
    public async Task Pages_become_zeros(string index)
    {
        var file = await Damage.Editor.FileAsync(index);
        await Damage.OtherIndex.ZeroPageAsync(index, 3);
        var zeros = file.Where((_, page) => !page.AsSpan().ContainsAnyExcept((byte)0));
        Assert.That(zeros, Is.Not.Empty);
    }

    [TestCase("movies_title_hash", "title = 'new'")]
    [TestCase("movies_metadata_gin", "metadata_json @> '{\"new\": 1}'")]
    [TestCase("movies_span_gist", "int4range(year, year + 1 + (id % 3)::int) && '[3000,3010)'")]
    [TestCase("movies_year_brin", "year = 3000")]
    public async Task Rows_are_missing_in_an_index(string index, string condition)
    {
        await Cluster.ExecuteAsync(_database, WithoutOthers);
        await Damage.OtherIndex.MissEntriesAsync(
            index, "INSERT INTO movies (id, title, year, metadata_json) VALUES (900000, 'new', 3000, '{\"new\": 1}')");
        Assert.That(await Cluster.ScalarAsync<long>(_database, $"{BySequence} SELECT count(*) FROM movies WHERE {condition}"), Is.EqualTo(1));
        Assert.That(await Cluster.ScalarAsync<long>(_database, $"{ByIndex} SELECT count(*) FROM movies WHERE {condition}"), Is.Zero);
    }

    [Test]
    public async Task A_zeroed_sequence_and_one_set_back()
    {
        await Damage.Sequence.SetBackAsync("people_id_seq", 7);
        Assert.That(await Cluster.ScalarAsync<long>(_database, "SELECT nextval('people_id_seq')"), Is.EqualTo(8));
        await Damage.Sequence.ZeroPageAsync("watch_events_id_seq");
        Assert.That(await Amcheck.TryAsync(_database, "SELECT nextval('watch_events_id_seq')"), Is.EqualTo("XX000"));
    }

    [Test]
    public async Task Orphans_behind_a_key_that_is_called_valid()
    {
        Assert.That(await Damage.Orphans.WithoutTriggersAsync("INSERT INTO casts VALUES (777777, 1, 'nobody')"), Is.EqualTo(1));
        Assert.That(await Amcheck.TryAsync(_database, "ALTER TABLE casts VALIDATE CONSTRAINT casts_movie_id_fkey"), Is.Null);
        Assert.That(await Cluster.ScalarAsync<long>(_database, "SELECT count(*) FROM casts WHERE movie_id NOT IN (SELECT id FROM movies)"), Is.EqualTo(1));
    }

    [Test]
    public async Task Values_behind_a_check_that_is_called_valid()
    {
        await Cluster.ExecuteAsync(_database, "ALTER TABLE movies ADD CONSTRAINT sane_year CHECK (year > 1800)");
        await Damage.Values.WithoutCheckAsync("movies", "sane_year", "UPDATE movies SET year = 3 WHERE id = 5");
        Assert.That(await Cluster.ScalarAsync<bool>(_database, "SELECT convalidated FROM pg_constraint WHERE conname = 'sane_year'"));
        Assert.That(await Cluster.ScalarAsync<int>(_database, "SELECT year FROM movies WHERE id = 5"), Is.EqualTo(3));
        await Cluster.ExecuteAsync(_database, "ALTER TABLE movies DROP CONSTRAINT sane_year");
    }

    [Test]
    public async Task An_operator_class_that_changed()
    {
        await Cluster.ExecuteAsync(_database, "CREATE INDEX movies_year_idx ON movies (year)");
        await Damage.OperatorClass.ReverseAsync("movies_year_idx");
        Assert.That(await Amcheck.IndexAsync(_database, "movies_year_idx"), Is.EqualTo(Amcheck.IndexCorrupted));
        await Cluster.ExecuteAsync(_database, "REINDEX INDEX movies_year_idx");
        Assert.That(await Amcheck.IndexAsync(_database, "movies_year_idx"), Is.Null);
        await Cluster.ExecuteAsync(_database, "DROP INDEX movies_year_idx");
    }

    [Test]
    public async Task Catalogue_indexes_of_both_kinds()
    {
        await using var cluster = await PgCluster.StartNewAsync();
        await cluster.CreateDatabaseAsync("broken");
        var damage = new Damage(cluster, "broken");
        await damage.Catalogue.ZeroLeafAsync();
        Assert.That(await cluster.ScalarAsync<int>("broken", "SELECT 1"), Is.EqualTo(1));
        await damage.Catalogue.ZeroAllAsync();
        await Assert.ThatAsync(async () => await cluster.ScalarAsync<int>("broken", "SELECT 1"), Throws.InstanceOf<Npgsql.PostgresException>());
    }
}
