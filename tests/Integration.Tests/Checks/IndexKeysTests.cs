using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Repairs;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>What an index says of a row's key: the bounds of BRIN, the codes of hash, the order of GIN, entries called dead. Broken, found, rebuilt, and found no more.</summary>
[TestFixture, NonParallelizable]
public sealed class IndexKeysTests
{
    private const string Table =
        """
        CREATE TABLE many (id int PRIMARY KEY, word text, other text, place point, at timestamptz) WITH (fillfactor = 80);
        INSERT INTO many SELECT i, md5(i::text), md5('o' || i), point(i % 100, i / 100), timestamptz '2020-01-01' + i * interval '1 minute' FROM generate_series(1, 6000) i;
        DELETE FROM many WHERE id % 20 = 0;
        CREATE INDEX many_word ON many (word);
        CREATE INDEX many_hash ON many USING hash (word);
        CREATE INDEX many_alone ON many USING hash (other);
        CREATE INDEX many_gist ON many USING gist (place);
        CREATE INDEX many_brin ON many USING brin (id) WITH (pages_per_range = 4);
        CREATE INDEX many_at ON many USING brin (at) WITH (pages_per_range = 2);
        ALTER TABLE many ADD tags text[], ADD doc jsonb, ADD numbers int[], ADD lexemes tsvector;
        UPDATE many SET tags = CASE id % 50 WHEN 0 THEN NULL WHEN 1 THEN '{}' WHEN 2 THEN ARRAY[NULL, 'x'] ELSE ARRAY['tag' || id % 900, 'tag' || id % 7] END,
            doc = jsonb_build_object('k' || id % 800, id - 3000, 'n', null, 's', '', 'l', jsonb_build_array(true, 'w' || id)), numbers = ARRAY[id - 3000, -id, NULL],
            lexemes = CASE id % 50 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE to_tsvector('simple', 'a word of ' || id % 900 || ' and ' || id % 7) END;
        CREATE INDEX many_tags ON many USING gin (tags);
        CREATE INDEX many_doc ON many USING gin (doc);
        CREATE INDEX many_numbers ON many USING gin (numbers);
        CREATE INDEX many_lexemes ON many USING gin (lexemes);
        CREATE INDEX many_both ON many USING gin (numbers, tags, doc jsonb_path_ops);
        """;

    private static readonly IndexProbeCheck Check = new();
    private static readonly IndexRecheck Recheck = new([Check]);
    private string _database = "";

    private static PgCluster Cluster => CheckCluster.Cluster;

    private Damage Damage => new(Cluster, _database);

    [SetUp]
    public async Task CreateAsync()
    {
        _database = await CheckCluster.MoviesAsync();
        await Cluster.ExecuteAsync(_database, Table);
        await Cluster.ExecuteAsync(_database, "VACUUM many");
    }

    [TestCase("many_hash", "dead")]
    [TestCase("many_alone", "dead")]
    [TestCase("many_gist", "dead")]
    [TestCase("many_hash", "flipped")]
    [TestCase("many_brin", "flipped")]
    [TestCase("many_at", "flipped")]
    [TestCase("many_tags", "flipped")]
    [TestCase("many_doc", "flipped")]
    [TestCase("many_numbers", "flipped")]
    [TestCase("many_brin", "missing")]
    [TestCase("many_at", "missing")]
    [TestCase("many_brin", "zeroed")]
    [TestCase("many_tags", "lost")]
    [TestCase("many_numbers", "lost")]
    [TestCase("many_lexemes", "lost")]
    public async Task Damage_is_found_and_a_rebuild_is_proven(string index, string damage)
    {
        await using var target = CheckCluster.Target(_database);
        var oid = await CheckCluster.OidAsync(_database, index);
        Assert.That((await Recheck.LookAsync(target, [oid], CancellationToken.None)).Sound, Is.True);
        await (damage switch
        {
            "dead" => Damage.OtherIndex.KillEntryAsync(index, 3),
            "flipped" => Damage.OtherIndex.FlipAsync(index, 5),
            "zeroed" => Damage.OtherIndex.ZeroPageAsync(index),
            "lost" => Damage.OtherIndex.LoseKeyAsync(index, 5),
            _ => Damage.OtherIndex.MissEntriesAsync(index, "INSERT INTO many SELECT i, md5(i::text), md5('o' || i), point(i, i), timestamptz '2090-01-01' FROM generate_series(900001, 900003) i"),
        });

        var report = await CheckCluster.RunAsync(Check, _database);

        Assert.That(report.Findings.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (damage == "zeroed" || (damage == "flipped" && index is "many_tags" or "many_doc" or "many_numbers") ? FindingKind.IndexCorrupt : FindingKind.IndexIncomplete, "public." + index) }), report.Reason);
        Assert.That(report.Findings[0].Repair, Is.EqualTo("rebuild_index"));
        var before = await Recheck.LookAsync(target, [oid], CancellationToken.None);
        Assert.That((before.Looked, before.Sound), Is.EqualTo((true, false)));
        await Cluster.ExecuteAsync(_database, $"REINDEX INDEX CONCURRENTLY {index}");
        var after = await Recheck.LookAsync(target, [await CheckCluster.OidAsync(_database, index)], CancellationToken.None);
        Assert.That((after.Looked, after.Sound), Is.EqualTo((true, true)), after.Said);
    }

    [TestCase("many_alone", "other", TestName = "A hash with nobody to ask")]
    [TestCase("many_hash", "word", TestName = "A hash and an index that says the same")]
    public async Task A_value_that_changed_in_the_table_is_no_reason_to_rebuild(string index, string column)
    {
        var row = await Damage.Row.FindAsync("many", "id = 77");
        await Damage.Row.FlipInValueAsync("many", row, column, at: 2);
        var found = (await CheckCluster.RunAsync(Check, _database)).Findings;
        Assert.That(found.Select(f => (f.Kind, f.Object.Quoted, f.Repair)), Is.EqualTo(new[] { (FindingKind.HeapValueSuspect, "public." + index, "keep_evidence") }));
        Assert.That((string?)found[0].Evidence["row"], Is.EqualTo($"{row}"));
    }

    [Test]
    public async Task Rows_that_no_other_index_knows_are_no_reason_to_rebuild_either()
    {
        // a block that is not where it belongs: no index knows its rows by that place
        await Damage.Heap.MisplaceBlockAsync("many", 40, 9);
        var found = (await CheckCluster.RunAsync(Check, _database)).Findings;
        Assert.That(found.Select(f => f.Object.Quoted), Is.SupersetOf(new[] { "public.many_brin", "public.many_at", "public.many_hash", "public.many_numbers", "public.many_lexemes" }));
        Assert.That(found.Select(f => (f.Object.Quoted, f.Kind)).Where(f => f.Kind.IsOfIndex), Is.Empty);
    }

    [Test]
    public async Task A_block_of_a_table_of_the_same_form_brings_keys_that_several_rows_have()
    {
        await Cluster.ExecuteAsync(_database, "CREATE TABLE ours (id int PRIMARY KEY, tags text[]); CREATE TABLE theirs (LIKE ours); INSERT INTO ours SELECT i, ARRAY['o' || i % 9, 'y'] FROM generate_series(1, 900) i; INSERT INTO theirs SELECT i, ARRAY['t' || i % 9, 'z'] FROM generate_series(5001, 5900) i; CREATE INDEX ours_tags ON ours USING gin (tags)");
        await Cluster.ExecuteAsync(_database, "VACUUM ours, theirs");
        await Damage.Heap.ForeignPageAsync("ours", 2, await Damage.Heap.ReadPageAsync("theirs", 2));
        var found = (await CheckCluster.RunAsync(Check, _database)).Findings;
        Assert.That(found.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.HeapValueSuspect, "public.ours_tags") }), string.Join('\n', found.Select(f => f.Detail)));
    }

    [Test]
    public async Task A_double_that_became_another_key_is_no_reason_to_rebuild()
    {
        await Cluster.ExecuteAsync(_database, "CREATE TABLE twins (id int PRIMARY KEY, tags text[]); INSERT INTO twins SELECT i, CASE WHEN i = 77 THEN ARRAY['ta', 'ta'] WHEN i = 99 THEN ARRAY['tb', 'tb'] ELSE ARRAY['ta', 'tb'] END FROM generate_series(1, 200) i; CREATE INDEX twins_tags ON twins USING gin (tags)");
        await Cluster.ExecuteAsync(_database, "VACUUM twins");
        var row = await Damage.Row.FindAsync("twins", "id = 77");
        const int second = 33;
        await Damage.Row.FlipInValueAsync("twins", row, "tags", at: second, mask: 0x03);
        Assert.That(await Cluster.ScalarAsync<string>(_database, "SELECT tags::text FROM twins WHERE id = 77"), Is.EqualTo("{ta,tb}"));
        var found = (await CheckCluster.RunAsync(Check, _database)).Findings;
        Assert.That(found.Select(f => (f.Kind, f.Object.Quoted, (string?)f.Evidence["row"])), Is.EqualTo(new[] { (FindingKind.HeapValueSuspect, "public.twins_tags", $"{row}") }));
    }

    [Test]
    public async Task A_key_is_known_beside_others_that_are_too_long_to_be()
    {
        await Cluster.ExecuteAsync(_database, "CREATE TABLE mixed (id int PRIMARY KEY, tags text[]); INSERT INTO mixed SELECT i, ARRAY['x1 ' || i, repeat('long ', 400) || i] FROM generate_series(1, 40) i; CREATE INDEX mixed_tags ON mixed USING gin (tags)");
        await Cluster.ExecuteAsync(_database, "VACUUM mixed");
        Assert.That((await CheckCluster.RunAsync(Check, _database)).Findings, Is.Empty);
        var row = await Damage.Row.FindAsync("mixed", "id = 7");
        const int first = 26;
        await Damage.Row.FlipInValueAsync("mixed", row, "tags", at: first, mask: 0x04);
        var found = (await CheckCluster.RunAsync(Check, _database)).Findings;
        Assert.That(found.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.HeapValueSuspect, "public.mixed_tags") }));
        Assert.That((string?)found[0].Evidence["in_table"], Has.Length.LessThan(600));
    }

    [Test]
    public async Task A_row_that_cannot_be_read_hides_no_other_that_the_index_lost()
    {
        await Damage.OtherIndex.MissEntriesAsync("many_tags", "INSERT INTO many (id, tags) SELECT i, ARRAY['w' || i] FROM generate_series(900001, 900003) i");
        const int typeOfElements = 10;
        await Damage.Row.FlipInValueAsync("many", await Damage.Row.FindAsync("many", "id = 77"), "tags", at: typeOfElements, mask: 0x40);
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Findings.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.IndexIncomplete, "public.many_tags") }), report.Reason);
        Assert.That(report.Reason, Does.Contain("public.many_tags: "));
        Assert.That(report.ExaminedNames, Does.Not.Contain("public.many_tags").And.Contain("public.many_numbers"));
    }

    /// <summary>The first key of all is another one then, and still the first.</summary>
    [TestCase("x1 ' || i % 20", 400, "index_incomplete", "rebuild_index")]
    [TestCase("x1 ' || i % 20", 80, "heap_value_suspect", "keep_evidence", TestName = "A key that changed, all rows of which are in one block")]
    [TestCase("x1 ' || i", 80, "heap_value_suspect", "keep_evidence")]
    public async Task A_key_that_changed_and_stays_in_its_place(string key, int rows, string kind, string repair)
    {
        await Cluster.ExecuteAsync(_database, $"CREATE TABLE few (id int, tags text[]); INSERT INTO few SELECT i, ARRAY['{key}, 'y'] FROM generate_series(1, {rows}) i; CREATE INDEX few_tags ON few USING gin (tags)");
        await Cluster.ExecuteAsync(_database, "VACUUM few");
        await Damage.OtherIndex.FlipAsync("few_tags");
        var found = (await CheckCluster.RunAsync(Check, _database)).Findings;
        Assert.That(found.Select(f => (f.Kind.Name, f.Object.Quoted, f.Repair)), Is.EqualTo(new[] { (kind, "public.few_tags", repair) }), string.Join('\n', found.Select(f => f.Detail)));
    }

    /// <summary>The list says then that it has more in it than it has room for: what comes behind it is read as a key.</summary>
    [Test]
    public async Task A_list_that_became_longer_is_no_reason_to_rebuild()
    {
        await Cluster.ExecuteAsync(_database, "CREATE TABLE pairs (id int PRIMARY KEY, numbers int[], more int, rest int); INSERT INTO pairs SELECT i, ARRAY[i, -i], 70000 + i, 1 FROM generate_series(1, 900) i; CREATE INDEX pairs_numbers ON pairs USING gin (numbers)");
        await Cluster.ExecuteAsync(_database, "VACUUM pairs");
        var row = await Damage.Row.FindAsync("pairs", "id = 77");
        const int howMany = 12;
        await Damage.Row.FlipInValueAsync("pairs", row, "numbers", at: howMany, mask: 0x01);
        Assert.That(await Cluster.ScalarAsync<int>(_database, "SELECT array_length(numbers, 1) FROM pairs WHERE id = 77"), Is.EqualTo(3));
        var found = (await CheckCluster.RunAsync(Check, _database)).Findings;
        Assert.That(found.Select(f => (f.Kind, f.Object.Quoted, (string?)f.Evidence["row"])), Is.EqualTo(new[] { (FindingKind.HeapValueSuspect, "public.pairs_numbers", $"{row}") }));
    }

    [Test]
    public async Task An_element_that_changed_in_the_table_is_no_reason_to_rebuild()
    {
        var row = await Damage.Row.FindAsync("many", "id = 77");
        const int element = 24;
        await Damage.Row.FlipInValueAsync("many", row, "tags", at: element, mask: 0x04);
        var found = (await CheckCluster.RunAsync(Check, _database)).Findings;
        Assert.That(found.Select(f => (f.Kind, f.Object.Quoted, f.Repair)), Is.EqualTo(new[] { (FindingKind.HeapValueSuspect, "public.many_tags", "keep_evidence") }));
        Assert.That((string?)found[0].Evidence["row"], Is.EqualTo($"{row}"));
    }

    [Test]
    public async Task The_hash_of_a_key_is_the_servers()
    {
        var texts = Enumerable.Range(0, 60).Select(n => string.Concat(Enumerable.Range(0, n).Select(i => (char)(i % 5 == 4 ? 0x00E9 : 33 + (n * 7 + i * 11) % 90)))).ToArray();
        var theirs = await Cluster.QueryAsync<int>(_database, "SELECT hashtext(t COLLATE \"C\") FROM unnest(@texts) WITH ORDINALITY AS u (t, n) ORDER BY n", new { texts });
        Assert.That(texts.Select(t => HealingWorkers.Jobs.Pages.TextHash.Of(System.Text.Encoding.UTF8.GetBytes(t))), Is.EqualTo(theirs));
    }

    [Test]
    public async Task Keys_that_are_equal_to_the_index_are_one()
    {
        await Cluster.ExecuteAsync(_database,
            """
            CREATE COLLATION no_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            CREATE TABLE alike (e int, tags text[] COLLATE no_case, plain text[], amounts numeric[], grid int[], days date[]);
            INSERT INTO alike SELECT i, ARRAY['Tag' || i, 'tAG' || i], ARRAY['x', 'x', 'X', NULL, NULL], ARRAY[1, 1.0, 1.00, 'NaN', 'NaN'], ARRAY[[1, 2], [2, i]], ARRAY[]::date[] FROM generate_series(1, 500) i;
            CREATE INDEX ON alike USING gin (tags); CREATE INDEX ON alike USING gin (tags COLLATE "C"); CREATE INDEX ON alike USING gin (plain COLLATE no_case);
            CREATE INDEX ON alike USING gin (plain); CREATE INDEX ON alike USING gin (amounts); CREATE INDEX ON alike USING gin (grid) WHERE e > 9; CREATE INDEX ON alike USING gin (days) WITH (fastupdate = off);
            CREATE INDEX ON alike USING gin (array_append(plain, 'y'));
            """);
        // too long to be kept as they are
        await Cluster.ExecuteAsync(_database, "CREATE TABLE long_ones (tags text[]); INSERT INTO long_ones SELECT ARRAY[repeat('long ', 400) || i, 'short'] FROM generate_series(1, 50) i; CREATE INDEX alike_long ON long_ones USING gin (tags)");
        await Cluster.ExecuteAsync(_database, "UPDATE alike SET plain = plain || 'more'::text, days = NULL WHERE e % 3 = 0; INSERT INTO alike SELECT * FROM alike");
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Findings.Select(f => $"{f.Object}: {f.Detail}"), Is.Empty);
        Assert.That(report.ExaminedNames.Count(n => n.StartsWith("public.alike_", StringComparison.Ordinal)), Is.EqualTo(9), report.Reason);
    }

    [Test]
    public async Task Nothing_is_found_while_others_write_vacuum_and_sum_up()
    {
        await using var load = WriteLoad.Start(Cluster.ConnectionString(_database), new WriteLoadOptions
        {
            Clients = 3, Pause = TimeSpan.Zero, FirstId = 1_000_000,
            Insert = "INSERT INTO many (id, word, other, place, at, tags, doc, numbers, lexemes) VALUES (@id, @value, @value, point(@id % 1000, 1), now() + @id * interval '1 hour', ARRAY[@value, 'w'], jsonb_build_object(@value, @id), ARRAY[@id::int, 1, 2, 3], to_tsvector('simple', @value || ' and others'))",
            Update = "UPDATE many SET word = @value, tags = tags || @value, other = @value, place = point(@id % 77, 2), at = at - interval '9 years' WHERE id = @id",
            Delete = "DELETE FROM many WHERE id = @id",
            ReadAll = "SELECT id::bigint, word FROM many WHERE id >= @id",
        });
        using var stop = new CancellationTokenSource();
        var caretaker = Task.Run(async () =>
        {
            for (var n = 0; !stop.IsCancellationRequested; n++)
            {
                await Cluster.ExecuteAsync(_database, "VACUUM many");
                await Cluster.ExecuteAsync(_database, $"SELECT brin_desummarize_range('many_at', {n % 40}), brin_summarize_new_values('many_at'), brin_summarize_new_values('many_brin')");
                await Cluster.ExecuteAsync(_database, "SET enable_seqscan = off; SET enable_bitmapscan = off; SELECT count(*) FROM many a WHERE word IN (SELECT md5(i::text) FROM generate_series(1, 500) i); SELECT count(*) FROM many WHERE place <@ box '(0,0),(80,80)'");
            }
        });
        var whole = 0;
        for (var n = 0; n < 4 || (whole == 0 && n < 40); n++)
        {
            await load.WaitForAsync(100, TimeSpan.FromMinutes(1));
            var report = await CheckCluster.RunAsync(Check, _database);
            Assert.That(report.Findings.Select(f => $"{f.Object}: {f.Detail}"), Is.Empty);
            if (report.Reason?.Contains("vacuum must be held off", StringComparison.Ordinal) != true)
            {
                Assert.That(report.ExaminedNames, Is.SupersetOf(new[] { "public.many_hash", "public.many_gist", "public.many_brin", "public.many_at", "public.many_tags", "public.many_doc", "public.many_lexemes", "public.many_both" }), report.Reason);
                whole++;
            }
        }
        Assert.That(whole, Is.Positive, "none of the looks was let in beside the vacuum");
        await stop.CancelAsync();
        await caretaker;
        await load.StopAsync();
    }
}
