using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Drills;

/// <summary>The judge of the drill sees what it is there to see.</summary>
[TestFixture]
public sealed class OracleTests
{
    private const string Database = CorpusCluster.Database;
    private CorpusCluster _corpus = null!;
    private Quarantined _quarantined = new();

    [OneTimeSetUp]
    public async Task MakeAsync() => _corpus = await CorpusCluster.MakeAsync(PgBinaries.Default, checksums: true);

    [SetUp]
    public void Begin() => _quarantined = new();

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
        var scene = new Scene(copy, 1);
        scene.Table("public.documents", "two rows");
        scene.Suspects.Where("public.documents", "id IN (7, 8)");
        await scene.Suspects.SettleAsync(copy, Database);
        await TakeAsync(copy, "documents", "id,title", "id = 7");
        await copy.ExecuteAsync(Database, "DELETE FROM ONLY documents WHERE id = 8");
        var comparison = await CompareAsync(copy, before, scene);
        Assert.That(comparison.Lost, Has.Count.EqualTo(1));
        Assert.That(comparison.Lost[0], Does.Contain("doc 8"));
        Assert.That(comparison.False, Is.Empty);
        Assert.That(comparison.Kept, Is.False, "not everything that went is in quarantine");
    }

    [TestCase("movie_id > 3000000", 0)]
    [TestCase("movie_id > 3000000 OR movie_id <= 250", 500)]
    public async Task A_healthy_row_that_goes_with_the_sick_is_a_false_repair(string taken, int wrongly)
    {
        await using var copy = await _corpus.CopyAsync();
        var scene = new Scene(copy, 1);
        await scene.Damage.Orphans.WithoutTriggersAsync("INSERT INTO casts SELECT 3000000 + i, 1, 'orphan' FROM generate_series(1, 3) AS i");
        scene.Table("public.casts", "three orphans");
        scene.Suspects.Where("public.casts", "movie_id > 3000000");
        var before = await SettledAsync(copy, scene);
        await TakeAsync(copy, "casts", "movie_id,person_id,role", taken);
        var comparison = await CompareAsync(copy, before, scene);
        Assert.That(comparison.False, Has.Count.EqualTo(wrongly));
        Assert.That(comparison.Lost, Is.Empty);
        Assert.That(comparison.Kept);
    }

    [TestCase("year = 3", 0)]
    [TestCase("true", 1197)]
    public async Task A_healthy_row_that_is_changed_with_the_sick_is_a_false_repair(string changed, int wrongly)
    {
        await using var copy = await _corpus.CopyAsync();
        var scene = new Scene(copy, 1);
        await scene.Damage.Values.WithoutCheckAsync("public.movies", "sane_year", "UPDATE movies SET year = 3 WHERE id BETWEEN 5 AND 7");
        scene.Table("public.movies", "the years");
        scene.Suspects.Where("public.movies", "year = 3");
        var before = await SettledAsync(copy, scene);
        Keep(before, "public.movies", row => changed == "true" || row.Values["year"] == "3");
        await copy.ExecuteAsync(Database, $"UPDATE movies SET year = 2099 WHERE {changed}");
        var comparison = await CompareAsync(copy, before, scene, _quarantined);
        Assert.That(comparison.False, Has.Count.EqualTo(wrongly));
        Assert.That(comparison.Lost, Is.Empty);
    }

    [TestCase("id = 100001 AND ctid <> (SELECT min(ctid) FROM external_metadata WHERE id = 100001)", 0)]
    [TestCase("id = 100001", 1)]
    public async Task Of_rows_that_share_a_key_one_stays(string taken, int wrongly)
    {
        await using var copy = await _corpus.CopyAsync();
        var scene = new Scene(copy, 1);
        await scene.Damage.Unique.DuplicateRowsAsync("public.external_metadata_pkey", 1, indexed: true);
        scene.Table("public.external_metadata", "a duplicate");
        scene.Suspects.Alike("public.external_metadata", "id");
        var before = await SettledAsync(copy, scene);
        await TakeAsync(copy, "external_metadata", "id,source,payload", taken);
        var comparison = await CompareAsync(copy, before, scene);
        Assert.That(comparison.False, Has.Count.EqualTo(wrongly));
        Assert.That(comparison.Lost, Is.Empty);
    }

    [TestCase("700", "700", 0)]
    [TestCase("700", "700, 701", 1)]
    [TestCase("0", "700", 1)]
    public async Task Who_refers_to_a_row_that_was_taken_out_may_go_with_it_and_nobody_else(string parent, string children, int wrongly)
    {
        await using var copy = await _corpus.CopyAsync();
        var scene = new Scene(copy, 1);
        scene.Table("public.movies", "a row");
        scene.Suspects.Where("public.movies", "id = 700");
        var before = await SettledAsync(copy, scene);
        Keep(before, "public.movies", row => row.Values["id"] == parent);
        Keep(before, "public.casts", row => children.Split(", ").Contains(row.Values["movie_id"]));
        await scene.Damage.Orphans.WithoutTriggersAsync($"DELETE FROM movies WHERE id = {parent}; DELETE FROM casts WHERE movie_id IN ({children})");
        var comparison = await CompareAsync(copy, before, scene, _quarantined);
        Assert.That(comparison.False, Has.Count.EqualTo(wrongly), string.Join('\n', comparison.False));
        Assert.That(comparison.Lost, Is.Empty);
    }

    [Test]
    public async Task Where_a_page_is_broken_a_row_of_another_page_and_one_that_nobody_wrote_are_false_repairs()
    {
        await using var copy = await _corpus.CopyAsync();
        var scene = new Scene(copy, 1);
        scene.Table("public.people", "block 0");
        scene.Suspects.Block("public.people", 0);
        var before = await SettledAsync(copy, scene);
        var here = before.Rows["public.people"].First(r => r.Place!.Value.Block == 0);
        var elsewhere = before.Rows["public.people"].First(r => r.Place!.Value.Block == 1);
        Keep(before, "public.people", row => row == here || row == elsewhere);
        await scene.Damage.Orphans.WithoutTriggersAsync(
            $"DELETE FROM people WHERE id IN ({here.Values["id"]}, {elsewhere.Values["id"]}); INSERT INTO people (name) SELECT 'new ' || i FROM generate_series(1, 3) AS i");
        var comparison = await CompareAsync(copy, before, scene, _quarantined);
        Assert.That(comparison.False, Has.Count.EqualTo(4), "two rows were allowed to change, and none of the three is one of them");
        Assert.That(comparison.False[0], Does.Contain($"\"{elsewhere.Values["name"]}\"").And.EndWith("was taken out or changed"));
        Assert.That(comparison.False.Skip(1), Has.All.Contains("\"new ").And.All.EndsWith("is new"));
        Assert.That(comparison.Lost, Is.Empty);
    }

    [TestCase("public.reviews_id_seq", "ALTER SEQUENCE reviews_id_seq OWNED BY NONE", 1)]
    [TestCase("public.reviews_id_seq", "REVOKE USAGE ON SEQUENCE reviews_id_seq FROM PUBLIC", 1)]
    [TestCase("public.reviews_id_seq", "ALTER SEQUENCE reviews_id_seq INCREMENT 2", 1)]
    [TestCase("public.reviews_id_seq", "SELECT setval('reviews_id_seq', 5000)", 0)]
    [TestCase("public.movies_title_idx", "DROP INDEX movies_title_idx", 2)]
    [TestCase("public.movies_title_idx", "REINDEX INDEX movies_title_idx", 0)]
    public async Task What_is_broken_is_still_what_it_was_when_it_is_healed(string broken, string healed, int wrongly)
    {
        await using var copy = await _corpus.CopyAsync();
        var scene = new Scene(copy, 1);
        scene.Other(broken, "something");
        var before = await SettledAsync(copy, scene);
        await copy.ExecuteAsync(Database, healed);
        Assert.That((await CompareAsync(copy, before, scene)).False, Has.Count.EqualTo(wrongly));
    }

    /// <summary>Judged is a repair that took out every row of the tables that the class broke.</summary>
    [TestCase("duplicates_not_indexed", 1, 3)]
    [TestCase("duplicates_indexed", 1, 3)]
    [TestCase("orphans_inserted", 1, 6)]
    [TestCase("orphans_left_behind", 1, 12)]
    [TestCase("check_violated", 3, 3)]
    [TestCase("value_not_allowed", 3, 3)]
    [TestCase("json_shape_violated", 3, 3)]
    [TestCase("orphans_of_a_rule", 3, 3)]
    [TestCase("visibility_all_visible", 0, 0)]
    [TestCase("heap_xmin_ancient", 1, 1)]
    [TestCase("heap_line_pointers_garbage", 1, 4)]
    [TestCase("heap_page_torn_second_half", 8, 300)]
    public async Task A_class_says_which_rows_it_struck(string name, int least, int most)
    {
        var damage = DamageCatalogue.Named(name)!;
        await using var copy = await _corpus.CopyAsync();
        var scene = new Scene(copy, Random.Shared.Next());
        var strike = await damage.Prepare(scene);
        if (damage.Logical)
        {
            await strike();
        }
        var before = await SettledAsync(copy, scene);
        if (!damage.Logical)
        {
            await strike();
        }
        foreach (var table in scene.Tables)
        {
            Keep(before, table, _ => true);
        }
        var after = before with { Rows = before.Rows.Where(t => !scene.Tables.Contains(t.Key)).ToDictionary() };
        var comparison = Comparison.Of(before, before.Rows, after, _quarantined, scene);
        Assert.That(scene.Tables.Sum(t => before.Rows[t].Count) - comparison.False.Count, Is.InRange(least, most), scene.Story);
        Assert.That(comparison.Lost, Is.Empty);
    }

    [Test]
    public async Task The_same_seed_breaks_a_page_with_the_same_bytes()
    {
        async Task<byte[]> StruckAsync()
        {
            await using var copy = await _corpus.CopyAsync();
            var scene = new Scene(copy, 5);
            await (await DamageCatalogue.Named("heap_page_garbage")!.Prepare(scene))();
            var block = long.Parse(scene.Story.Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture);
            return await scene.Damage.Heap.ReadPageAsync(scene.Tables[0], block);
        }

        var first = await StruckAsync();
        Assert.That(await StruckAsync(), Is.EqualTo(first));
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

    [TestCase("SELECT 1", 0)]
    [TestCase("VACUUM FULL people", 1)]
    public async Task A_page_that_nobody_can_read_stays_what_it_is(string repair, int lost)
    {
        await using var copy = await _corpus.CopyAsync();
        var whole = await Picture.TakeAsync(copy, Database);
        var scene = new Scene(copy, 1);
        scene.Table("public.people", "block 1");
        scene.Suspects.Block("public.people", 1);
        await scene.Damage.Heap.TearSecondHalfAsync("public.people", 1, scene.Rot);
        var pages = await PagesBefore.OfAsync(scene);
        Assert.That(pages.Unreadable, Is.EqualTo(1));
        var read = new Dictionary<string, IReadOnlyList<RowImage>>(whole.Rows) { ["public.people"] = await new CarefulReader(copy, Database).ReadAsync("public.people") };
        await copy.ExecuteAsync("postgres", $"ALTER DATABASE {Database} SET zero_damaged_pages = on");
        await copy.ExecuteAsync(Database, repair);
        await copy.ExecuteAsync("postgres", $"ALTER DATABASE {Database} RESET zero_damaged_pages");
        var after = await Picture.TakeAsync(copy, Database);
        var changes = await pages.SinceAsync(copy);

        var comparison = Comparison.Of(whole, read, after, _quarantined, scene, changes);
        Assert.That(comparison.Lost, Has.Count.EqualTo(lost), string.Join('\n', comparison.Lost));
        Assert.That(comparison.Lost, Has.All.StartsWith("public.people block 1, "));
        foreach (var row in whole.Rows["public.people"].Where(r => r.Place!.Value.Block == 1))
        {
            _quarantined.Add("public.people", row);
        }
        Assert.That(Comparison.Of(whole, read, after, _quarantined, scene, changes).Lost, Is.Empty, "its rows are all elsewhere");
    }

    [TestCase("SELECT 1", 0)]
    [TestCase("INSERT INTO people (name) VALUES ('written by a repair')", 1)]
    public async Task Rubbish_that_comes_to_be_seen_by_itself_was_written_by_nobody(string repair, int wrongly)
    {
        await using var copy = await _corpus.CopyAsync();
        var whole = await Picture.TakeAsync(copy, Database);
        var scene = new Scene(copy, 1);
        scene.Table("public.people", "row (1,3)");
        scene.Suspects.Block("public.people", 1);
        // with another name, and of a transaction that is still to come
        await scene.Damage.Row.FlipInValueAsync("public.people", new(1, 3), "name");
        await scene.Damage.Row.FutureXminAsync("public.people", new(1, 3), ahead: 5);
        var pages = await PagesBefore.OfAsync(scene);
        var read = new Dictionary<string, IReadOnlyList<RowImage>>(whole.Rows) { ["public.people"] = await new CarefulReader(copy, Database).ReadAsync("public.people") };
        Assert.That(read["public.people"], Has.Count.EqualTo(whole.Rows["public.people"].Count - 1));
        for (var n = 0; n < 10; n++)
        {
            await copy.ExecuteAsync(Database, "SELECT pg_current_xact_id()");
        }
        await copy.ExecuteAsync(Database, repair);
        var after = await Picture.TakeAsync(copy, Database);
        Assert.That(after.Rows["public.people"], Has.Count.EqualTo(whole.Rows["public.people"].Count + wrongly));
        var comparison = Comparison.Of(whole, read, after, _quarantined, scene, await pages.SinceAsync(copy));
        Assert.That(comparison.False, Has.Count.EqualTo(wrongly), string.Join('\n', comparison.False));
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

    /// <summary>Nobody healed anything, and a wrong checksum does not give it away.</summary>
    [TestCase("gin_bit_flipped", "movies_")]
    [TestCase("gin_entries_missing", "movies_")]
    [TestCase("gin_key_missing", "movies_tags_gin")]
    [TestCase("gin_json_key_missing", "movies_metadata_gin")]
    [TestCase("gist_page_zeroed", "_gist")]
    [TestCase("gist_line_pointer", "_gist")]
    [TestCase("gist_entries_missing", "movies_screened_gist")]
    [TestCase("brin_page_zeroed", "_brin")]
    [TestCase("brin_body_flipped", "_brin")]
    [TestCase("brin_entries_missing", "_brin")]
    [TestCase("hash_page_zeroed", "movies_title_hash")]
    [TestCase("hash_bit_flipped", "movies_title_hash")]
    [TestCase("hash_line_pointer", "movies_title_hash")]
    [TestCase("hash_entries_missing", "movies_title_hash")]
    [TestCase("sequence_zeroed", "_seq has no row")]
    [TestCase("value_not_allowed", "3 rows still break")]
    [TestCase("json_shape_violated", "3 rows still break")]
    [TestCase("orphans_of_a_rule", "3 rows still break")]
    public async Task What_was_not_healed_has_a_complaint(string name, string complaint)
    {
        var damage = DamageCatalogue.Named(name)!;
        await using var copy = await _corpus.CopyAsync();
        Assert.That(await Soundness.ComplaintsAsync(copy, Database, [damage]), Is.Empty);
        await copy.ExecuteAsync("postgres", $"ALTER DATABASE {Database} SET ignore_checksum_failure = on");
        var scene = new Scene(copy, 5);
        await (await damage.Prepare(scene))();
        var complaints = await Soundness.ComplaintsAsync(copy, Database, [damage]);
        Assert.That(complaints, Is.Not.Empty, scene.Story);
        Assert.That(complaints, Has.All.Contains(complaint), scene.Story);
    }

    /// <summary>Deletes rows and keeps them, as a repair does.</summary>
    private static Task TakeAsync(PgCluster copy, string table, string columns, string condition) => copy.ExecuteAsync(
        Database,
        $"""
        CREATE SCHEMA healing_quarantine;
        CREATE TABLE healing_quarantine.parts (batch bigint, part int, schema_name text, table_name text, columns text[]);
        CREATE TABLE healing_quarantine.rows (batch bigint, part int, vals text[]);
        INSERT INTO healing_quarantine.parts VALUES (1, 1, 'public', '{table}', string_to_array('{columns}', ','));
        WITH gone AS (DELETE FROM ONLY {table} WHERE {condition} RETURNING *)
        INSERT INTO healing_quarantine.rows SELECT 1, 1, ARRAY[{string.Join(", ", columns.Split(',').Select(c => c + "::text"))}] FROM gone;
        """);

    private void Keep(Picture picture, string table, Func<RowImage, bool> which)
    {
        foreach (var row in picture.Rows[table].Where(which))
        {
            _quarantined.Add(table, row);
        }
    }

    private static async Task<Picture> SettledAsync(PgCluster copy, Scene scene)
    {
        await scene.Suspects.SettleAsync(copy, Database);
        return await Picture.TakeAsync(copy, Database);
    }

    private static async Task<Comparison> CompareAsync(PgCluster copy, Picture before, Scene scene, Quarantined? quarantined = null) =>
        Comparison.Of(before, before.Rows, await Picture.TakeAsync(copy, Database), quarantined ?? await Quarantined.ReadAsync(copy, Database), scene);
}
