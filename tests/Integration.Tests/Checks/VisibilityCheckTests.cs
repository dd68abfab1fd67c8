using Dapper;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>A visibility map that lies, and rows that lie about themselves, are two things.</summary>
[TestFixture, NonParallelizable]
public sealed class VisibilityCheckTests
{
    private static PgCluster Cluster => CheckCluster.Cluster;
    private string _database = "";
    private Damage _damage = null!;

    [SetUp]
    public async Task MakeAsync()
    {
        _database = await CheckCluster.MoviesAsync();
        _damage = new Damage(Cluster, _database);
        await Cluster.ExecuteAsync(_database, "CREATE EXTENSION pg_visibility");
    }

    [Test]
    public async Task A_healthy_database_is_clean()
    {
        var report = await CheckCluster.RunAsync(new VisibilityCheck(), _database);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason);
        Assert.That((await CheckCluster.RunAsync(new CountsCheck(), _database)).Status, Is.EqualTo(CheckStatus.Clean));
    }

    [Test]
    public async Task A_map_that_calls_removed_rows_visible_is_wrong()
    {
        await _damage.Visibility.WronglyVisibleAsync("casts", "movie_id = 700");
        var report = await CheckCluster.RunAsync(new VisibilityCheck(), _database);
        Assert.That(report.Findings.Select(f => $"{f.Kind.Name} {f.Object.Quoted}"), Is.EqualTo(new[] { "visibility_map_wrong public.casts" }), string.Join("; ", report.Findings.Select(f => f.Detail)));
        var counted = await CheckCluster.RunAsync(new CountsCheck(), _database);
        Assert.That(counted.Findings.Select(f => $"{f.Kind.Name} {f.Object.Quoted}"), Is.EqualTo(new[] { "visibility_map_wrong public.casts" }), string.Join("; ", counted.Findings.Select(f => f.Detail)));
        Assert.That(counted.Findings[0].Fingerprint, Is.EqualTo(report.Findings[0].Fingerprint));
    }

    [Test]
    public async Task A_map_that_calls_unfrozen_rows_frozen_is_wrong()
    {
        await _damage.Visibility.WronglyFrozenAsync("casts", "INSERT INTO casts VALUES (3, 4, 'new')");
        var report = await CheckCluster.RunAsync(new VisibilityCheck(), _database);
        Assert.That(report.Findings.Select(f => $"{f.Kind.Name} {f.Object.Quoted}"), Is.EqualTo(new[] { "frozen_map_wrong public.casts" }), string.Join("; ", report.Findings.Select(f => f.Detail)));
    }

    [TestCase("xmin invalid")]
    [TestCase("xmax committed")]
    public async Task Rows_that_their_own_bits_hide_are_not_the_maps_fault(string what)
    {
        var place = what == "xmin invalid" ? 3 : 5;
        await (what == "xmin invalid" ? _damage.Row.XminInvalidAsync("external_metadata", new RowPlace(1, place)) : _damage.Row.XmaxCommittedAsync("external_metadata", new RowPlace(1, place)));
        var report = await CheckCluster.RunAsync(new VisibilityCheck(), _database);
        Assert.That(report.Findings.Select(f => $"{f.Kind.Name} {f.Object.Quoted} {f.Repair}"), Is.EqualTo(new[] { $"heap_rows_hidden public.external_metadata(1,{place}) unhide_rows" }));
        Assert.That((await CheckCluster.RunAsync(new HeapCheck(), _database)).Findings, Is.Empty, "verify_heapam sees nothing of it");
    }

    [Test]
    public async Task Who_may_neither_read_the_table_nor_the_files_cannot_tell_and_says_so()
    {
        await Cluster.ExecuteAsync(_database, "DROP ROLE IF EXISTS vm_watcher; CREATE ROLE vm_watcher LOGIN; GRANT EXECUTE ON FUNCTION pg_check_visible(regclass), pg_check_frozen(regclass) TO vm_watcher");
        await _damage.Visibility.WronglyVisibleAsync("casts", "movie_id = 700");
        var report = await CheckCluster.RunAsync(new VisibilityCheck(), _database, user: "vm_watcher");
        Assert.That(report.Findings.Select(f => f.Kind).Distinct(), Is.EqualTo(new[] { FindingKind.HeapRowsHidden }));
        Assert.That(report.Findings.Select(f => f.Repair), Is.All.EqualTo("salvage"));
        Assert.That(report.Findings[0].Detail, Does.Contain("it cannot be told from here"));
    }

    [Test]
    public async Task A_file_that_has_lost_its_end_is_told_by_counting()
    {
        await _damage.Heap.TruncateFileAsync("external_metadata", 5);
        var report = await CheckCluster.RunAsync(new CountsCheck(), _database);
        Assert.That(report.Findings.Select(f => $"{f.Kind.Name} {f.Object.Quoted}"), Is.EqualTo(new[] { "heap_rows_lost public.external_metadata" }), report.Reason);
    }

    [Test]
    public async Task What_another_check_names_does_not_make_these_fail()
    {
        await _damage.Heap.GarbagePageAsync("external_metadata", 3);
        foreach (var check in new ICheck[] { new VisibilityCheck(), new CountsCheck() })
        {
            var report = await CheckCluster.RunAsync(check, _database);
            Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason);
            Assert.That(report.Reason, Does.Contain("public.external_metadata"));
            Assert.That(report.Examined, Does.Not.Contain(await CheckCluster.OidAsync(_database, "external_metadata")));
        }
    }

    [Test]
    public async Task Long_transactions_and_fresh_rows_do_not_make_a_map_wrong()
    {
        await using var old = await Cluster.OpenAsync(_database);
        await using (var begin = new Npgsql.NpgsqlCommand("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM movies", old))
        {
            await begin.ExecuteNonQueryAsync();
        }
        await Cluster.ExecuteAsync(_database, "DELETE FROM casts WHERE movie_id % 40 = 0; INSERT INTO people (name) SELECT 'new ' || i FROM generate_series(1, 100) i");
        await Cluster.ExecuteAsync(_database, "VACUUM casts");
        await Cluster.ExecuteAsync(_database, "VACUUM people");
        var report = await CheckCluster.RunAsync(new VisibilityCheck(), _database);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason + string.Join("; ", report.Findings.Select(f => f.Detail)));
        Assert.That((await CheckCluster.RunAsync(new CountsCheck(), _database)).Status, Is.EqualTo(CheckStatus.Clean));
    }

    [TestCase(true)]
    [TestCase(false, TestName = "Locks_are_not_taken_for_removals_without_sight_of_the_files")]
    public async Task Locks_are_not_taken_for_removals(bool files)
    {
        var watcher = files ? null : "lock_watcher";
        await using var elsewhere = await OpenAsync("postgres", "BEGIN; SELECT pg_current_xact_id()");
        await Cluster.ExecuteAsync(_database, "CREATE TABLE locked (id int PRIMARY KEY); INSERT INTO locked SELECT generate_series(1, 9)");
        await Cluster.ExecuteAsync(_database, "VACUUM locked");
        await Cluster.ExecuteAsync(_database, "CHECKPOINT");
        if (watcher is not null)
        {
            await Cluster.ExecuteAsync(_database, $"DROP ROLE IF EXISTS {watcher}; CREATE ROLE {watcher} LOGIN IN ROLE pg_read_all_data; GRANT EXECUTE ON FUNCTION pg_check_visible(regclass), pg_check_frozen(regclass) TO {watcher}");
        }
        await Cluster.ExecuteAsync(_database, "BEGIN; SELECT FROM locked WHERE id = 1 FOR KEY SHARE; COMMIT");
        await using var one = await OpenAsync(_database, "BEGIN; SELECT FROM locked WHERE id IN (2, 3) FOR KEY SHARE");
        await using var two = await OpenAsync(_database, "BEGIN; SELECT FROM locked WHERE id = 3 FOR KEY SHARE");
        if (Cluster.Options.Binaries.Major <= 16)
        {
            Assert.That(await Cluster.ScalarAsync<long>(_database, "SELECT count(*) FROM pg_check_visible('locked')"), Is.EqualTo(9), "the server's own function is mistaken");
        }
        var report = await CheckCluster.RunAsync(new VisibilityCheck(), _database, user: watcher);
        Assert.That(report.Findings.Select(f => $"{f.Kind.Name} {f.Detail}"), Is.Empty);
        Assert.That(report.ExaminedNames, Does.Contain("public.locked"));
    }

    [Test]
    public async Task A_row_that_an_open_transaction_removed_from_a_page_called_visible_is_the_maps_fault()
    {
        var block = await _damage.Visibility.WronglyVisibleAsync("casts", "movie_id = 700");
        // the page on disk does not show this yet
        await using var open = await OpenAsync(_database, $"BEGIN; DELETE FROM casts WHERE ctid = (SELECT min(ctid) FROM casts WHERE ctid >= '({block},0)')");
        var report = await CheckCluster.RunAsync(new VisibilityCheck(), _database);
        Assert.That(report.Findings.Select(f => $"{f.Kind.Name} {f.Object.Quoted} {f.Evidence["rows"]}"), Is.EqualTo(new[] { "visibility_map_wrong public.casts 2" }), string.Join("; ", report.Findings.Select(f => f.Detail)));
    }

    [Test]
    public async Task The_newest_open_transaction_is_known_to_be_open()
    {
        await using var newest = await Cluster.OpenAsync(_database);
        // nothing ended since it began, so that no snapshot reaches as far
        await using var asks = await Cluster.OpenAsync(_database);
        await using var begin = new Npgsql.NpgsqlCommand("BEGIN; SELECT (pg_current_xact_id()::text::bigint & 4294967295)", newest);
        var ids = new[] { (long)(await begin.ExecuteScalarAsync())! };
        var told = await asks.QuerySingleAsync<(long Id, string? Status)>(HealingWorkers.Jobs.Sql.Of<ICheck>("transaction_status"), new { ids });
        Assert.That(told, Is.EqualTo((ids[0], "in progress")));
    }

    private static async Task<Npgsql.NpgsqlConnection> OpenAsync(string database, string sql)
    {
        var connection = await Cluster.OpenAsync(database);
        await connection.ExecuteAsync(sql);
        return connection;
    }
}
