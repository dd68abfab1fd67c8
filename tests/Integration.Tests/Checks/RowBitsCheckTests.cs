using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Rows that their own bits hide, in pages that no visibility map vouches for.</summary>
[TestFixture, NonParallelizable]
public sealed class RowBitsCheckTests
{
    private static readonly RowPlace Place = new(1, 3);
    private static PgCluster Cluster => CheckCluster.Cluster;
    private string _database = "";
    private Damage _damage = null!;

    [SetUp]
    public async Task MakeAsync()
    {
        _database = await CheckCluster.MoviesAsync();
        _damage = new Damage(Cluster, _database);
        // one changed row takes from its page the word that all in it is visible
        await Cluster.ExecuteAsync(_database, "UPDATE external_metadata SET id = id WHERE ctid = '(1,1)'");
    }

    [TestCase("xmin invalid")]
    [TestCase("xmax committed")]
    public async Task A_row_that_its_bits_hide_is_told(string what)
    {
        await (what == "xmin invalid" ? _damage.Row.XminInvalidAsync("external_metadata", Place) : _damage.Row.XmaxCommittedAsync("external_metadata", Place));
        var report = await CheckCluster.RunAsync(new RowBitsCheck(), _database);
        Assert.That(report.Findings.Select(f => $"{f.Kind.Name} {f.Object.Quoted} {f.Repair}"), Is.EqualTo(new[] { "heap_bits_wrong public.external_metadata(1,3) freeze_tuples" }), report.Reason);
        Assert.That((await CheckCluster.RunAsync(new HeapCheck(), _database)).Findings, Is.Empty, "verify_heapam sees nothing of it");
    }

    [Test]
    public async Task Rows_that_are_rightly_gone_are_no_finding()
    {
        await Cluster.ExecuteAsync(_database, "CREATE TABLE worked (id int PRIMARY KEY, note text) WITH (autovacuum_enabled = off)");
        await Cluster.ExecuteAsync(_database,
            """
            INSERT INTO worked SELECT i, 'first' FROM generate_series(1, 2000) i;
            DELETE FROM worked WHERE id % 3 = 0;
            UPDATE worked SET note = 'second' WHERE id % 3 = 1;
            UPDATE worked SET id = id + 10000 WHERE id % 30 = 1;
            BEGIN; INSERT INTO worked SELECT i, 'never' FROM generate_series(5000, 5500) i; DELETE FROM worked WHERE id % 5 = 2; ROLLBACK;
            BEGIN; SAVEPOINT s; INSERT INTO worked SELECT i, 'half' FROM generate_series(6000, 6500) i; ROLLBACK TO s; INSERT INTO worked VALUES (7000, 'whole'); COMMIT;
            BEGIN; SELECT id FROM worked WHERE id % 7 = 1 FOR UPDATE; COMMIT;
            BEGIN; SELECT id FROM worked WHERE id % 7 = 2 FOR KEY SHARE; ROLLBACK;
            INSERT INTO worked VALUES (1, 'twice') ON CONFLICT DO NOTHING;
            SELECT count(*) FROM worked;
            CHECKPOINT;
            """);
        await using var open = await Cluster.OpenAsync(_database);
        await using var begin = new Npgsql.NpgsqlCommand("BEGIN; DELETE FROM worked WHERE id % 11 = 4; INSERT INTO worked VALUES (8000, 'not yet')", open);
        await begin.ExecuteNonQueryAsync();
        await Cluster.ExecuteAsync(_database, "SELECT count(*) FROM worked; CHECKPOINT");
        var report = await CheckCluster.RunAsync(new RowBitsCheck(), _database);
        Assert.That(report.Findings, Is.Empty);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason);
        Assert.That(report.ExaminedNames, Does.Contain("public.worked").And.Contain("pg_catalog.pg_class"));
    }

    [Test]
    public async Task A_rewrite_takes_along_what_an_old_snapshot_may_see_without_the_marks_of_its_removal()
    {
        await Cluster.ExecuteAsync(_database, "CREATE TABLE rewritten (id int PRIMARY KEY, note text) WITH (autovacuum_enabled = off); INSERT INTO rewritten SELECT i, 'first' FROM generate_series(1, 2000) i");
        await using var old = await Cluster.OpenAsync(_database);
        await using var look = new Npgsql.NpgsqlCommand("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM movies", old);
        await look.ExecuteNonQueryAsync();
        foreach (var statement in new[] { "DELETE FROM rewritten WHERE id % 3 = 0", "VACUUM FULL rewritten", "CHECKPOINT" })
        {
            await Cluster.ExecuteAsync(_database, statement);
        }
        Assert.That(await GoneAsync(), Is.EqualTo(666), "the rewrite took none along");
        var report = await CheckCluster.RunAsync(new RowBitsCheck(), _database);
        Assert.That(report.Findings, Is.Empty);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason);

        async Task<long> GoneAsync()
        {
            await Cluster.ExecuteAsync(_database, "CREATE EXTENSION IF NOT EXISTS pageinspect");
            return await Cluster.ScalarAsync<long>(_database,
                """
                SELECT count(*) FROM generate_series(0, pg_relation_size('rewritten') / 8192 - 1) b, heap_page_items(get_raw_page('rewritten', b::int)) i
                WHERE i.t_xmax::text <> '0' AND i.t_infomask2 & 8192 = 0 AND i.t_ctid = format('(%s,%s)', b, i.lp)::tid
                """);
        }
    }

    [Test]
    public async Task Where_no_file_can_be_seen_it_says_what_to_grant()
    {
        await Cluster.ExecuteAsync(_database, "DROP ROLE IF EXISTS bits_watcher; CREATE ROLE bits_watcher LOGIN");
        var report = await CheckCluster.RunAsync(new RowBitsCheck(), _database, user: "bits_watcher");
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Unavailable));
        Assert.That(report.Reason, Does.Contain("pg_read_binary_file").And.Contain("bits_watcher"));
    }
}
