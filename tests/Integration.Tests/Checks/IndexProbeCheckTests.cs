using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Every method, sound first and then broken in its file; and tables that lost rows of which only indexes know.</summary>
[TestFixture, NonParallelizable]
public sealed class IndexProbeCheckTests
{
    private static readonly IndexProbeCheck Check = new();
    private string _database = "";

    private static PgCluster Cluster => CheckCluster.Cluster;

    private const string Methods =
        """
        CREATE TABLE many (id int PRIMARY KEY, word text, tags text[], place point, span int4range, moved int, soft boolean) WITH (fillfactor = 70);
        INSERT INTO many SELECT i, CASE WHEN i % 50 > 0 THEN md5(i::text) END, ARRAY['t' || i % 40, 'u' || i % 7], point(i % 100, i / 100), int4range(i, i + 5), i, i % 3 = 0 FROM generate_series(1, 8000) i;
        CREATE INDEX many_hash ON many USING hash (word);
        CREATE INDEX many_gin ON many USING gin (tags);
        CREATE INDEX many_gist ON many USING gist (place);
        CREATE INDEX many_spgist ON many USING spgist (word);
        CREATE INDEX many_range ON many USING gist (span) WHERE soft;
        CREATE INDEX many_brin ON many USING brin (id) WITH (pages_per_range = 4);
        CREATE FUNCTION upside(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT reverse($1)';
        CREATE INDEX many_expression ON many USING hash (upside(word));
        """;

    [SetUp]
    public async Task CreateAsync()
    {
        _database = await CheckCluster.MoviesAsync();
        await Cluster.ExecuteAsync(_database, Methods);
        await Cluster.ExecuteAsync(_database, "VACUUM many");
    }

    private Damage Damage => new(Cluster, _database);

    [Test]
    public async Task Sound_indexes_of_every_method_are_clean_whatever_was_done_to_the_table()
    {
        await Cluster.ExecuteAsync(_database, """
            UPDATE many SET moved = moved + 1 WHERE id % 5 = 0;
            UPDATE many SET moved = moved + 1 WHERE id % 10 = 0;
            DELETE FROM many WHERE id % 9 = 0;
            UPDATE many SET place = point(1, 1), tags = tags || 'late'::text WHERE id % 7 = 0;
            """);
        await Cluster.ExecuteAsync(_database, "VACUUM many");
        await Cluster.ExecuteAsync(_database, "INSERT INTO many SELECT i, 'new ' || i, ARRAY['n' || i], point(i, i), int4range(i, i + 2), i, true FROM generate_series(20001, 21000) i");
        await Assert.ThatAsync(() => Cluster.ExecuteAsync(_database, "BEGIN; INSERT INTO many SELECT i, 'gone', '{x}', point(0, 0), 'empty', 1, true FROM generate_series(30001, 30500) i; SELECT 1 / 0"), Throws.Exception);
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason + string.Join('\n', report.Findings.Select(f => f.Detail)));
        var names = report.ExaminedNames;
        Assert.That(names, Is.SupersetOf(new[] { "public.many_hash", "public.many_gin", "public.many_gist", "public.many_spgist", "public.many_range", "public.many_expression", "public.many_brin", "public.many_pkey", MoviesSchema.HostileIndex }));
    }

    [Test]
    public async Task Sound_indexes_are_clean_while_people_write_and_vacuum_takes_away()
    {
        await using var load = WriteLoad.Start(Cluster.ConnectionString(_database), new WriteLoadOptions
        {
            Clients = 3,
            Pause = TimeSpan.FromMilliseconds(1),
            FirstId = 1_000_000,
            Insert = "INSERT INTO many VALUES (@id::int, @value, ARRAY[@value, 'w'], point(@id::int % 100, 1), int4range(1, 5), 1, true)",
            Update = "UPDATE many SET word = @value, tags = ARRAY[@value], place = point(2, length(@value)) WHERE id = @id::int",
            Delete = "DELETE FROM many WHERE id = @id::int",
            ReadAll = "SELECT id::bigint, word FROM many WHERE id >= @id",
        });
        using var stop = new CancellationTokenSource();
        var vacuum = Task.Run(async () =>
        {
            while (!stop.IsCancellationRequested)
            {
                await Cluster.ExecuteAsync(_database, "VACUUM many");
            }
        });
        var whole = 0;
        for (var look = 0; look < 4 || (whole == 0 && look < 40); look++)
        {
            await load.WaitForAsync(200, TimeSpan.FromSeconds(30));
            var report = await CheckCluster.RunAsync(Check, _database, CheckScope.OfTable(await CheckCluster.OidAsync(_database, "many")));
            Assert.That(report.Findings.Select(f => $"{f.Kind.Name} {f.Object}: {f.Detail}"), Is.Empty);
            if (report.Reason?.Contains("vacuum must be held off", StringComparison.Ordinal) != true)
            {
                Assert.That(report.ExaminedNames, Does.Contain("public.many_hash").And.Contain("public.many_gist"), report.Reason);
                whole++;
            }
        }
        Assert.That(whole, Is.Positive, "none of the looks was let in beside the vacuum");
        await stop.CancelAsync();
        await vacuum;
        Assert.That(await load.FindLossesAsync(), Is.Empty);
        Assert.That(load.Failures, Is.Empty);
    }

    [TestCase("many_gin", 0)]
    [TestCase("many_gist", 1)]
    [TestCase("many_hash", 1)]
    [TestCase("many_range", 0)]
    [TestCase("many_brin", 0)]
    public async Task A_zeroed_page(string index, int which)
    {
        await Damage.OtherIndex.ZeroPageAsync(index, which);
        Assert.That((await FoundAsync()).Select(f => f.Object.Quoted), Is.All.EqualTo("public." + index).And.Not.Empty);
    }

    [TestCase("many_gin", 0)]
    [TestCase("many_gin", 1)]
    [TestCase("many_gist", 0)]
    [TestCase("many_spgist", 0)]
    [TestCase("many_spgist", 1)]
    [TestCase("many_spgist", 2)]
    [TestCase("many_hash", 0)]
    public async Task A_page_of_zeros_that_nothing_points_at(string index, int block)
    {
        await Damage.Heap.ZeroPageAsync(index, block);
        var found = await FoundAsync();
        Assert.That(found.Select(f => f.Object.Quoted), Is.All.EqualTo("public." + index));
        Assert.That(found.Single(f => f.Kind == FindingKind.IndexCorrupt).Evidence["blocks"]!.ToJsonString(), Is.EqualTo($"[{block}]"));
    }

    [Test]
    public async Task An_empty_bucket_of_a_hash_index_must_be_there_all_the_same()
    {
        await Cluster.ExecuteAsync(_database, "CREATE TABLE single (word text); INSERT INTO single VALUES ('x'); CREATE INDEX single_hash ON single USING hash (word)");
        await Cluster.ExecuteAsync(_database, "VACUUM single");
        const int pages = 4;
        Assert.That(await Damage.Heap.BlockCountAsync("single_hash"), Is.AtLeast(pages));
        for (var block = 0; block < pages; block++)
        {
            await Damage.Heap.ZeroPageAsync("single_hash", block);
            Assert.That((await FoundAsync()).Select(f => (f.Kind, f.Object.Quoted)), Has.Some.EqualTo((FindingKind.IndexCorrupt, "public.single_hash")), $"{block}");
            await Cluster.ExecuteAsync(_database, "REINDEX INDEX single_hash");
            Assert.That(await FoundAsync(), Is.Empty);
        }
    }

    [Test]
    public async Task The_first_page_of_a_hash_index_may_name_any_number_of_buckets()
    {
        var page = await Damage.Heap.ReadPageAsync("many_hash", 0);
        page.AsSpan(24, 8000).Fill(0xFF);
        await Damage.Heap.ForeignPageAsync("many_hash", 0, page);
        Assert.That((await FoundAsync()).Select(f => (f.Kind, f.Object.Quoted)), Has.Some.EqualTo((FindingKind.IndexCorrupt, "public.many_hash")));
    }

    [TestCase("many_gin")]
    [TestCase("many_gist")]
    [TestCase("many_spgist")]
    [TestCase("many_hash")]
    public async Task An_index_whose_file_was_cut_off(string index)
    {
        var pages = await Damage.Heap.BlockCountAsync(index);
        await Damage.Heap.TruncateFileAsync(index, pages / 2);
        var found = await FoundAsync();
        Assert.That(found.Select(f => f.Object.Quoted), Is.All.EqualTo("public." + index));
        Assert.That((long)found.Single(f => f.Kind == FindingKind.IndexCorrupt).Evidence["blocks"]!.AsArray()[0]!, Is.AtLeast(pages / 2));
        await Cluster.ExecuteAsync(_database, $"REINDEX INDEX {index}");
        Assert.That(await FoundAsync(), Is.Empty);
    }

    [Test]
    public async Task A_code_that_changed_on_a_page_with_a_wrong_checksum_accuses_no_row()
    {
        await Damage.OtherIndex.FlipAsync("many_hash", 5, new DamageMode(FixChecksum: false));
        Assert.That((await FoundAsync()).Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.IndexCorrupt, "public.many_hash") }));
    }

    [TestCase("many_gin")]
    [TestCase("many_gist")]
    [TestCase("many_spgist")]
    [TestCase("many_hash")]
    [TestCase("many_brin")]
    public async Task A_page_that_is_not_what_its_checksum_says(string index)
    {
        await Damage.Heap.ChecksumFieldAsync(index, 1);
        var found = await FoundAsync();
        Assert.That(found.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.IndexCorrupt, "public." + index) }));
        Assert.That(found[0].Evidence["blocks"]!.ToJsonString(), Is.EqualTo("[1]"));
        await Cluster.ExecuteAsync(_database, $"REINDEX INDEX {index}");
        Assert.That(await FoundAsync(), Is.Empty);
    }

    [TestCase("many_hash", "INSERT INTO many (id, word) SELECT i, 'w' || i FROM generate_series(50001, 50010) i")]
    [TestCase("many_gin", "INSERT INTO many (id, tags) SELECT i, ARRAY['w' || i] FROM generate_series(50001, 50010) i")]
    [TestCase("many_gist", "INSERT INTO many (id, place) SELECT i, point(i, i) FROM generate_series(50001, 50010) i")]
    [TestCase("many_spgist", "INSERT INTO many (id, word) SELECT i, 'w' || i FROM generate_series(50001, 50010) i")]
    [TestCase("many_range", "INSERT INTO many (id, span, soft) SELECT i, int4range(i, i + 1), i % 2 = 0 FROM generate_series(50001, 50020) i")]
    public async Task Missing_entries(string index, string sql)
    {
        await Damage.OtherIndex.MissEntriesAsync(index, sql);
        var found = await FoundAsync();
        Assert.That(found.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.IndexIncomplete, "public." + index) }));
        Assert.That(found[0].Detail, Does.StartWith("10 row(s)"));
    }

    [TestCase("many_hash")]
    [TestCase("many_gist")]
    public async Task A_dead_line_pointer_of_the_index_is_no_damage_of_the_table(string index)
    {
        await Damage.OtherIndex.KillEntryAsync(index);
        Assert.That((await FoundAsync()).Where(f => f.Kind == FindingKind.HeapRowsLost), Is.Empty);
    }

    [Test]
    public async Task A_zeroed_page_of_the_table_is_known_by_its_indexes_with_the_keys_of_the_lost_rows()
    {
        var lost = await Cluster.QueryAsync<int>(_database, "SELECT id FROM many WHERE ctid >= '(3,0)' AND ctid < '(4,0)' ORDER BY id");
        await Damage.Heap.ZeroPageAsync("many", 3);
        var found = await FoundAsync();
        Assert.That(found.Select(f => (f.Kind, f.Object.Quoted, f.Repair)), Is.EqualTo(new[] { (FindingKind.HeapRowsLost, "public.many", "keep_last_trace") }));
        Assert.That((int)found[0].Evidence["rows"]!, Is.EqualTo(lost.Count));
        Assert.That(found[0].Evidence["blocks"]!.AsArray().Select(b => (long)b!), Is.EqualTo(new[] { 3L }));
        Assert.That(found[0].Evidence["keys"]!["public.many_pkey"]!.AsArray().Select(k => (string)k!), Has.Some.EndsWith($": id={lost[0]}").And.Some.EndsWith($": id={lost[^1]}"));
    }

    [Test]
    public async Task A_truncated_table()
    {
        var blocks = await Damage.Heap.BlockCountAsync("casts");
        var lost = await Cluster.ScalarAsync<long>(_database, $"SELECT count(*) FROM casts WHERE ctid >= '({blocks - 2},0)'");
        await Damage.Heap.TruncateFileAsync("casts", blocks - 2);
        var found = await FoundAsync();
        Assert.That(found.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.HeapRowsLost, "public.casts") }));
        Assert.That((int)found[0].Evidence["rows"]!, Is.EqualTo(lost));
        Assert.That(((JsonArray)found[0].Evidence["keys"]!["public.casts_pkey"]!)[0]!.ToString(), Does.Contain("movie_id=").And.Contain("role='role"));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Rows_that_only_the_older_of_two_indexes_knows_are_lost_where_their_whole_block_is_no_more(bool zeroed)
    {
        var last = await Damage.Heap.BlockCountAsync("casts") - 1;
        var lost = await Cluster.ScalarAsync<long>(_database, $"SELECT count(*) FROM casts WHERE ctid >= '({last},0)'");
        await (zeroed ? Damage.Heap.ZeroPageAsync("casts", last) : Damage.Heap.TruncateFileAsync("casts", last));
        await Cluster.ExecuteAsync(_database, "REINDEX INDEX CONCURRENTLY casts_pkey");
        var found = await FoundAsync();
        Assert.That(found.Select(f => (f.Kind, f.Object.Quoted, f.Repair)), Is.EqualTo(new[] { (FindingKind.HeapRowsLost, "public.casts", "keep_last_trace") }));
        Assert.That(((int)found[0].Evidence["rows"]!, (int)found[0].Evidence["blocks_gone"]!), Is.EqualTo(((int)lost, 1)));
    }

    [Test]
    public async Task A_row_that_two_older_indexes_know_is_lost_whatever_a_younger_one_says()
    {
        await Cluster.ExecuteAsync(_database, "CREATE INDEX one_more ON casts (role, movie_id); CREATE INDEX another ON casts (role)");
        await Damage.Row.LinePointerUnusedAsync("casts", new(1, 7));
        await Cluster.ExecuteAsync(_database, "REINDEX INDEX CONCURRENTLY casts_pkey");
        var found = await FoundAsync();
        Assert.That(found.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.HeapRowsLost, "public.casts") }));
        Assert.That(((int)found[0].Evidence["rows"]!, (int)found[0].Evidence["blocks_gone"]!), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task An_entry_that_leads_anywhere_is_no_lost_row()
    {
        await Damage.Index.MislayEntryAsync("casts_pkey");
        Assert.That((await FoundAsync()).Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.BtreeCorrupt, "public.casts_pkey") }));
    }

    private async Task<IReadOnlyList<Finding>> FoundAsync()
    {
        var report = await CheckCluster.RunAsync(Check, _database);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Damaged).Or.EqualTo(CheckStatus.Clean), report.Reason);
        return report.Findings;
    }
}
