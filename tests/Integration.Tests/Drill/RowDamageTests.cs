using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Drill;

/// <summary>What the server's own checks say of damaged rows: known facts, held to here.</summary>
[TestFixture]
public sealed class RowDamageTests
{
    private const string SeenByHeapCheck = "seen";
    private const string Silent = "silent";
    private const string Sequential = "SET enable_indexscan = off; SET enable_indexonlyscan = off; SET enable_bitmapscan = off;";

    private static readonly (string Name, string Heap, Func<Damage, RowPlace, Task> Do)[] Damages =
    [
        ("xmin in the future", SeenByHeapCheck, (d, row) => d.Row.FutureXminAsync("people", row)),
        ("xmin too old", SeenByHeapCheck, (d, row) => d.Row.AncientXminAsync("people", row)),
        ("xmin called invalid", Silent, (d, row) => d.Row.XminInvalidAsync("people", row)),
        ("xmax called committed", Silent, (d, row) => d.Row.XmaxCommittedAsync("people", row)),
        ("number of attributes", SeenByHeapCheck, (d, row) => d.Row.AttributeCountAsync("people", row)),
        ("header length", SeenByHeapCheck, (d, row) => d.Row.HeaderLengthAsync("people", row)),
        ("value length", SeenByHeapCheck, (d, row) => d.Row.ValueLengthAsync("people", row, "name")),
        ("value", Silent, (d, row) => d.Row.FlipInValueAsync("people", row, "name", 3)),
        ("line pointer's offset", SeenByHeapCheck, (d, row) => d.Row.LinePointerOffsetAsync("people", row)),
        ("line pointer unused", Silent, (d, row) => d.Row.LinePointerUnusedAsync("people", row)),
        ("line pointer dead", Silent, (d, row) => d.Row.LinePointerDeadAsync("people", row)),
        ("line pointers overlap", Silent, (d, row) => d.Row.OverlapAsync("people", row, row.Item + 1)),
        ("zeroed page", Silent, (d, row) => d.Heap.ZeroPageAsync("people", row.Block)),
        ("torn second half", SeenByHeapCheck, (d, row) => d.Heap.TearSecondHalfAsync("people", row.Block)),
        ("misplaced block", Silent, (d, row) => d.Heap.MisplaceBlockAsync("people", 0, row.Block)),
        ("torn first half", Amcheck.DataCorrupted, (d, row) => d.Heap.TearFirstHalfAsync("people", row.Block)),
        ("foreign page", Amcheck.DataCorrupted, (d, row) => d.Heap.ForeignPageAsync("people", row.Block)),
        ("checksum field", Amcheck.DataCorrupted, (d, row) => d.Heap.ChecksumFieldAsync("people", row.Block)),
    ];

    [TestCaseSource(nameof(Names))]
    public async Task The_heap_check_sees_it_or_not(string name)
    {
        var (_, expected, damage) = Damages.Single(d => d.Name == name);
        var database = await PeopleAsync();
        var kit = new Damage(KitCluster.Cluster, database);
        var row = await kit.Row.FindAsync("people", "id = 150");
        Assert.That(await HeapAsync(database), Is.EqualTo(Silent), "sound at first");
        await damage(kit, row);
        Assert.That(await HeapAsync(database), Is.EqualTo(expected));
    }

    [Test]
    public async Task Wrong_hints_hide_a_row_from_its_index_but_not_from_a_page_that_everybody_sees()
    {
        var database = await PeopleAsync();
        var kit = new Damage(KitCluster.Cluster, database);
        await kit.Row.XminInvalidAsync("people", await kit.Row.FindAsync("people", "id = 150"));
        Assert.That(await KitCluster.Cluster.ScalarAsync<long>(database, Sequential + "SELECT count(*) FROM people"), Is.EqualTo(300));
        Assert.That(await KitCluster.Cluster.ScalarAsync<long>(database, "SET enable_seqscan = off; SELECT count(name) FROM people WHERE id = 150"), Is.Zero);
    }

    [Test]
    public async Task A_block_called_visible_brings_deleted_rows_back_into_index_only_scans()
    {
        var database = await PeopleAsync();
        await new Damage(KitCluster.Cluster, database).Visibility.WronglyVisibleAsync("people", "id = 150");
        await KitCluster.Cluster.ExecuteAsync(database, "CREATE EXTENSION pg_visibility");
        Assert.That(await KitCluster.Cluster.ScalarAsync<long>(database, "SELECT count(*) FROM pg_check_visible('people')"), Is.EqualTo(1));
        Assert.That(await KitCluster.Cluster.ScalarAsync<long>(database, "SET enable_seqscan = off; SET enable_bitmapscan = off; SELECT count(*) FROM people WHERE id > 0"), Is.EqualTo(300));
    }

    [Test]
    public async Task A_block_called_frozen_is_seen_by_the_map_check()
    {
        var database = await PeopleAsync();
        await new Damage(KitCluster.Cluster, database).Visibility.WronglyFrozenAsync("people", "INSERT INTO people VALUES (5000, 'late')");
        await KitCluster.Cluster.ExecuteAsync(database, "CREATE EXTENSION pg_visibility");
        Assert.That(await KitCluster.Cluster.ScalarAsync<long>(database, "SELECT count(*) FROM pg_check_frozen('people')"), Is.Positive);
        Assert.That(await KitCluster.Cluster.ScalarAsync<long>(database, "SELECT count(*) FROM pg_check_visible('people')"), Is.Zero);
    }

    [Test]
    public async Task A_lost_write_leaves_an_older_page()
    {
        var database = await PeopleAsync();
        var heap = new Damage(KitCluster.Cluster, database).Heap;
        var last = await heap.BlockCountAsync("people") - 1;
        var before = await heap.ReadPageAsync("people", last);
        await KitCluster.Cluster.ExecuteAsync(database, "INSERT INTO people VALUES (5000, 'late')");
        await heap.LoseWriteAsync("people", last, before);
        Assert.That(await HeapAsync(database), Is.EqualTo(Silent));
        Assert.That(await KitCluster.Cluster.ScalarAsync<long>(database, Sequential + "SELECT count(*) FROM people"), Is.EqualTo(300));
    }

    [TestCase(false, "XX001")]
    [TestCase(true, null)]
    public async Task A_value_out_of_line(bool change, string? error)
    {
        var database = await KitCluster.MoviesAsync(200);
        var toast = new Damage(KitCluster.Cluster, database).Toast;
        const string sum = "SELECT sum(hashtext(script)) FROM movies";
        var before = await KitCluster.Cluster.ScalarAsync<long>(database, sum);
        await (change ? toast.ChangeChunkAsync("movies", 7) : toast.RemoveChunkAsync("movies", 7));
        Assert.That(await Amcheck.TryAsync(database, sum), Is.EqualTo(error));
        if (change)
        {
            Assert.That(await KitCluster.Cluster.ScalarAsync<long>(database, sum), Is.Not.EqualTo(before));
        }
    }

    private static IEnumerable<string> Names() => Damages.Select(d => d.Name);

    private static async Task<string> PeopleAsync()
    {
        var database = $"people{Guid.NewGuid():N}";
        await KitCluster.Cluster.CreateDatabaseAsync(database);
        await KitCluster.Cluster.ExecuteAsync(
            database,
            """
            CREATE EXTENSION amcheck;
            CREATE TABLE people (id bigint PRIMARY KEY, name text NOT NULL);
            INSERT INTO people SELECT i, 'Person ' || i || md5(i::text) FROM generate_series(1, 300) AS i;
            """);
        await KitCluster.Cluster.ExecuteAsync(database, "VACUUM people");
        return database;
    }

    private static async Task<string> HeapAsync(string database)
    {
        const string check = "SELECT count(*) FROM verify_heapam('people')";
        return await Amcheck.TryAsync(database, check) ?? (await KitCluster.Cluster.ScalarAsync<long>(database, check) > 0 ? SeenByHeapCheck : Silent);
    }
}
