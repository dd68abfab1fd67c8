using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Every way in which a table can be damaged, and whom it is told to.</summary>
[TestFixture, NonParallelizable]
public sealed class HeapCheckTests
{
    private string _database = "";
    private Damage _damage = null!;

    [SetUp]
    public async Task MakeAsync()
    {
        _database = await CheckCluster.MoviesAsync();
        _damage = new Damage(CheckCluster.Cluster, _database);
    }

    [Test]
    public async Task A_healthy_database_is_clean_and_every_table_was_looked_at()
    {
        var report = await CheckCluster.RunAsync(new HeapCheck(), _database);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason);
        Assert.That(report.Examined, Does.Contain(await CheckCluster.OidAsync(_database, "movies")));
        Assert.That(report.ExaminedNames, Has.Some.StartsWith("pg_toast."));
    }

    [TestCase("future xmin", "heap_xmin_invalid")]
    [TestCase("ancient xmin", "heap_xmin_invalid")]
    [TestCase("natts", "heap_natts_wrong")]
    [TestCase("t_hoff", "heap_tuple_unreadable")]
    [TestCase("value length", "heap_tuple_unreadable")]
    [TestCase("lp length", "heap_tuple_unreadable")]
    [TestCase("lp offset", "heap_tuple_unreadable")]
    [TestCase("redirect", "heap_tuple_corrupt")]
    public async Task A_damaged_row_is_one_finding_of_its_kind(string what, string kind)
    {
        const string table = "people";
        var row = new RowPlace(1, 7);
        switch (what)
        {
            case "future xmin": await _damage.Row.FutureXminAsync(table, row); break;
            case "ancient xmin":
                await CheckCluster.Cluster.ExecuteAsync(_database, "VACUUM FREEZE people");
                await _damage.Row.AncientXminAsync(table, row);
                break;
            case "natts": await _damage.Row.AttributeCountAsync(table, row); break;
            case "t_hoff": await _damage.Row.HeaderLengthAsync(table, row); break;
            case "value length": await _damage.Row.ValueLengthAsync(table, row, "name"); break;
            case "lp length": await _damage.Row.EditAsync(table, row, null, page => page[7] = page[7] with { Length = 8 }); break;
            case "lp offset": await _damage.Row.LinePointerOffsetAsync(table, row); break;
            default: await _damage.Row.EditAsync(table, row, null, page => page[7] = new LinePointer(9_000, 2, 0)); break;
        }
        var report = await CheckCluster.RunAsync(new HeapCheck(), _database);
        Assert.That(report.Findings.Select(f => $"{f.Kind.Name} {f.Object.Quoted}"), Is.EqualTo(new[] { $"{kind} public.people(1,7)" }), string.Join("; ", report.Findings.Select(f => f.Detail)));
        Assert.That(report.Findings[0].Evidence["offsets"]!.ToJsonString(), Is.EqualTo("[7]"));
        Assert.That(report.Findings[0].Object.Oid, Is.EqualTo(await CheckCluster.OidAsync(_database, table)));
    }

    [Test]
    public async Task A_page_that_cannot_be_read_costs_that_page_and_not_the_table()
    {
        await _damage.Heap.GarbagePageAsync("movies", 3);
        await _damage.Heap.FlipByteAsync("movies", 9, 4000, mode: new DamageMode(FixChecksum: false));
        await _damage.Row.AttributeCountAsync("casts", new RowPlace(2, 2));
        var report = await CheckCluster.RunAsync(new HeapCheck(), _database);
        Assert.That(report.Findings.Select(f => $"{f.Kind.Name} {f.Object.Quoted}"), Is.EqualTo(new[]
        {
            "heap_natts_wrong public.casts(2,2)", "heap_page_invalid public.movies(3)", "heap_page_invalid public.movies(9)",
        }));
        Assert.That(report.Examined, Does.Contain(await CheckCluster.OidAsync(_database, "movies")));
    }

    [Test]
    public async Task A_lost_piece_of_a_long_value_is_told_with_row_and_column()
    {
        await _damage.Toast.RemoveChunkAsync("movies", which: 5);
        var report = await CheckCluster.RunAsync(new HeapCheck(), _database);
        Assert.That(report.Findings, Has.Count.EqualTo(1));
        var finding = report.Findings[0];
        Assert.That(finding.Kind, Is.EqualTo(FindingKind.ToastValueLost));
        var tid = await CheckCluster.Cluster.ScalarAsync<string>(_database, "SELECT ctid::text FROM movies WHERE script IS NOT NULL ORDER BY id OFFSET 1 LIMIT 1");
        var value = finding.Evidence["values"]![0]!;
        Assert.That((value["tid"]!.ToString(), (int)value["attribute"]!, value["column"]!.ToString()), Is.EqualTo((tid, 7, "script")));
    }

    [Test]
    public async Task An_unreadable_toast_page_is_told_of_the_toast_table_and_the_table_is_looked_at_without_it()
    {
        var toast = await CheckCluster.Cluster.ScalarAsync<string>(_database, "SELECT reltoastrelid::regclass::text FROM pg_class WHERE relname = 'movies'");
        await _damage.Heap.GarbagePageAsync(toast!, 2);
        var report = await CheckCluster.RunAsync(new HeapCheck(), _database);
        Assert.That(report.Findings.Select(f => $"{f.Kind.Name} {f.Object.Quoted}"), Is.EqualTo(new[] { $"heap_page_invalid {toast}(2)" }));
        Assert.That(report.Findings[0].Evidence["main_table"]!.ToString(), Is.EqualTo("public.movies"));
    }

    [Test]
    public async Task A_missing_file_is_told()
    {
        await _damage.Heap.MissingFileAsync("casts");
        var report = await CheckCluster.RunAsync(new HeapCheck(), _database);
        Assert.That(report.Findings.Select(f => $"{f.Kind.Name} {f.Object.Quoted}"), Is.EqualTo(new[] { "heap_page_invalid public.casts" }));
    }

    [Test]
    public async Task One_table_alone_and_its_toast_are_looked_at_when_asked_for()
    {
        var movies = await CheckCluster.OidAsync(_database, "movies");
        var report = await CheckCluster.RunAsync(new HeapCheck(), _database, CheckScope.OfTable(movies));
        Assert.That(report.Examined, Has.Count.EqualTo(2).And.Contain(movies));
    }

    [Test]
    public async Task What_lies_behind_thousands_of_damaged_rows_is_found()
    {
        await WideAsync(rows: 226 * 70);
        await BreakAsync(page => Enumerable.Range(1, page.ItemCount), [.. Enumerable.Range(0, 40)]);
        await BreakAsync(_ => [5], 60);
        var report = await CheckCluster.RunAsync(new HeapCheck(), _database);
        Assert.That(report.Findings.Select(f => f.Object.Quoted).ToList(), Has.Count.EqualTo(41).And.Contain("public.wide(60,5)"));
        Assert.That(report.Findings.Sum(f => f.Evidence["offsets"]!.AsArray().Count), Is.GreaterThan(9_000), "more than one call gives");
        Assert.That(report.ExaminedNames, Does.Contain("public.wide"));
    }

    [Test]
    public async Task A_table_with_more_damage_than_is_told_is_not_called_examined()
    {
        await WideAsync(rows: 226 * 130);
        await BreakAsync(_ => [5], [.. Enumerable.Range(0, 120), 125]);
        var report = await CheckCluster.RunAsync(new HeapCheck(), _database);
        Assert.That(report.Findings, Has.Count.EqualTo(100));
        Assert.That(report.Reason, Is.EqualTo("1 table(s) not examined whole: public.wide: so much is damaged that more is than is told"));
        Assert.That(report.ExaminedNames, Has.None.EqualTo("public.wide").And.Some.EqualTo("public.movies"));
        var wide = await CheckCluster.OidAsync(_database, "wide");
        var alone = await CheckCluster.RunAsync(new HeapCheck(), _database, CheckScope.OfBlock(wide, 125));
        Assert.That(alone.Findings.Select(f => f.Object.Quoted), Is.EqualTo(new[] { "public.wide(125,5)" }));
        Assert.That(alone.Examined, Is.EqualTo(new[] { wide }));
    }

    private Task WideAsync(int rows) =>
        CheckCluster.Cluster.ExecuteAsync(_database, $"CREATE TABLE wide (id int); INSERT INTO wide SELECT generate_series(1, {rows})");

    private Task BreakAsync(Func<HeapPage, IEnumerable<int>> items, params int[] blocks) => _damage.Editor.EditAsync("wide", null, (file, fix) =>
    {
        foreach (var block in blocks)
        {
            var bytes = file.Read(block);
            var page = new HeapPage(bytes);
            foreach (var item in items(page))
            {
                page.SetAttributes(item, 40);
            }
            file.Write(block, bytes, fix);
        }
    });

    [Test]
    public async Task A_hostile_name_is_no_hindrance()
    {
        await _damage.Row.AttributeCountAsync(MoviesSchema.HostileTable, new RowPlace(0, 3));
        var report = await CheckCluster.RunAsync(new HeapCheck(), _database);
        Assert.That(report.Findings.Single().Object.Quoted, Is.EqualTo(MoviesSchema.HostileTable + "(0,3)"));
    }

    [Test]
    public async Task Without_the_right_it_is_unavailable_and_names_the_grant()
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, "DROP ROLE IF EXISTS heap_stranger; CREATE ROLE heap_stranger LOGIN");
        var report = await CheckCluster.RunAsync(new HeapCheck(), _database, user: "heap_stranger");
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Unavailable));
        Assert.That(report.Reason, Does.Contain("GRANT EXECUTE ON FUNCTION public.verify_heapam(regclass, boolean, boolean, text, bigint, bigint) TO heap_stranger"));
    }

    [Test]
    public async Task Old_frozen_updated_aborted_and_unfinished_rows_are_left_alone()
    {
        await using var open = await CheckCluster.Cluster.OpenAsync(_database);
        await CheckCluster.Cluster.ExecuteAsync(_database, "VACUUM FREEZE casts");
        await CheckCluster.Cluster.ExecuteAsync(_database, "CREATE TABLE worked (id int PRIMARY KEY, v text) WITH (fillfactor = 50); INSERT INTO worked SELECT i, 'x' FROM generate_series(1, 500) i");
        foreach (var statement in new[]
        {
            "UPDATE worked SET v = v || 'y' WHERE id % 2 = 0", "UPDATE worked SET v = v || 'z' WHERE id % 4 = 0", "DELETE FROM worked WHERE id % 9 = 0",
            "BEGIN; INSERT INTO worked SELECT i, 'gone' FROM generate_series(1000, 1100) i; ROLLBACK", "SELECT count(*) FROM (SELECT FROM worked WHERE id % 5 = 0 FOR UPDATE) l",
        })
        {
            await CheckCluster.Cluster.ExecuteAsync(_database, statement);
        }
        await using (var begin = new Npgsql.NpgsqlCommand("BEGIN; UPDATE worked SET v = 'unfinished' WHERE id % 7 = 0; SELECT FROM movies LIMIT 1", open))
        {
            await begin.ExecuteNonQueryAsync();
        }
        foreach (var check in new ICheck[] { new HeapCheck(), new CountsCheck() })
        {
            var report = await CheckCluster.RunAsync(check, _database);
            Assert.That(report.Findings, Is.Empty, string.Join("; ", report.Findings.Select(f => f.Detail)));
            Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason);
        }
    }
}
