using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Drills;

/// <summary>The judge of the drill sees what it is there to see.</summary>
[TestFixture]
public sealed class OracleTests
{
    private const string Database = CorpusCluster.Database;
    private CorpusCluster _corpus = null!;

    [OneTimeSetUp]
    public async Task MakeAsync() => _corpus = await CorpusCluster.MakeAsync(PgBinaries.Default, checksums: true);

    [OneTimeTearDown]
    public async Task EndAsync() => await _corpus.DisposeAsync();

    [Test]
    public async Task The_corpus_is_sound()
    {
        await using var copy = await _corpus.CopyAsync();
        Assert.That(await Soundness.ComplaintsAsync(copy, Database), Is.Empty);
    }

    [TestCase("DELETE FROM tallies WHERE ctid = '(0,3)'", 1, 1)]
    [TestCase("UPDATE people SET name = 'other' WHERE id = 3", 1, 1)]
    [TestCase("INSERT INTO tallies VALUES ('new', 1)", 0, 1)]
    [TestCase("REINDEX INDEX people_name_idx", 0, 1)]
    [TestCase("DROP INDEX people_name_idx", 0, 2)]
    [TestCase("ALTER TABLE reviews DROP CONSTRAINT known_stars", 0, 1)]
    [TestCase("SELECT 1", 0, 0)]
    public async Task A_change_of_what_was_not_damaged_is_told(string sql, int lost, int changed)
    {
        await using var copy = await _corpus.CopyAsync();
        var before = await Picture.TakeAsync(copy, Database);
        await copy.ExecuteAsync(Database, sql);
        var comparison = await CompareAsync(copy, before, new Scene(copy, 1));
        Assert.That(comparison.Lost, Has.Count.EqualTo(lost));
        Assert.That(comparison.False, Has.Count.EqualTo(changed), string.Join('\n', comparison.False));
    }

    [Test]
    public async Task A_row_in_quarantine_is_not_lost()
    {
        await using var copy = await _corpus.CopyAsync();
        var before = await Picture.TakeAsync(copy, Database);
        await copy.ExecuteAsync(
            Database,
            """
            CREATE SCHEMA healing_quarantine;
            CREATE TABLE healing_quarantine.parts (batch bigint, part int, schema_name text, table_name text, columns text[]);
            CREATE TABLE healing_quarantine.rows (batch bigint, part int, vals text[]);
            INSERT INTO healing_quarantine.parts VALUES (1, 1, 'public', 'documents', '{id,title}');
            INSERT INTO healing_quarantine.rows SELECT 1, 1, ARRAY[id::text, title] FROM ONLY documents WHERE id = 7;
            DELETE FROM ONLY documents WHERE id IN (7, 8);
            """);
        var scene = new Scene(copy, 1);
        scene.Table("public.documents", "two rows");
        var comparison = await CompareAsync(copy, before, scene);
        Assert.That(comparison.Lost, Has.Count.EqualTo(1));
        Assert.That(comparison.Lost[0], Does.Contain("doc 8"));
        Assert.That(comparison.False, Is.Empty);
        Assert.That(comparison.Kept);
    }

    [Test]
    public async Task Around_what_cannot_be_read_everything_else_is()
    {
        await using var copy = await _corpus.CopyAsync();
        var before = (await Picture.TakeAsync(copy, Database)).Rows;
        var damage = new Damage(copy, Database);
        await damage.Toast.RemoveChunkAsync("public.movies", 5);
        await damage.Heap.ForeignPageAsync("public.people", 0);

        var people = before["public.people"].StillIn(await new CarefulReader(copy, Database).ReadAsync("public.people"));
        Assert.That(people.Count, Is.InRange(before["public.people"].Count - 120, before["public.people"].Count - 20));
        Assert.That(people.Select(r => r.IsWhole), Is.All.True);

        var movies = before["public.movies"].StillIn(await new CarefulReader(copy, Database).ReadAsync("public.movies"));
        Assert.That(movies, Has.Count.EqualTo(before["public.movies"].Count));
        var part = movies.Single(r => !r.IsWhole);
        Assert.That(part.Values.Keys, Has.Member("title").And.No.Member("script"));
    }

    [Test]
    public async Task Complaints_name_the_sick()
    {
        await using var copy = await _corpus.CopyAsync();
        var damage = new Damage(copy, Database);
        await damage.Index.RemoveLeafEntriesAsync("public.people_name_idx");
        await damage.Sequence.SetBackAsync("public.reviews_id_seq");
        await damage.Orphans.WithoutTriggersAsync("INSERT INTO public.casts VALUES (777777, 1, 'nobody')");
        await damage.Unique.DuplicateRowsAsync("public.external_metadata_pkey", 1, indexed: true);
        var complaints = string.Join('\n', await Soundness.ComplaintsAsync(copy, Database));
        Assert.That(complaints, Does.Contain("people_name_idx").And.Contain("reviews_id_seq is behind").And.Contain("casts_movie_id_fkey: 1 orphans").And.Contain("external_metadata_pkey: 1 keys"));
    }

    private static async Task<Comparison> CompareAsync(PgCluster copy, Picture before, Scene scene) =>
        Comparison.Of(before, before.Rows, await Picture.TakeAsync(copy, Database), await Quarantined.ReadAsync(copy, Database), scene);
}
