using HealingWorkers.Drill;
using HealingWorkers.Jobs.Failover;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Failover;

/// <summary>What proves that a promoted server takes writes is seen by nobody else.</summary>
[TestFixture]
internal sealed class WriteProofTests
{
    private const string Database = "shop";
    private static readonly FailoverRow Row = new() { Id = 7, Standby = "we\"ird; DROP TABLE x--'", Actor = "somebody", Why = "a test", StartedAt = DateTimeOffset.UnixEpoch };
    private PgCluster _cluster = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _cluster = await PgCluster.StartNewAsync(new() { Settings = new Dictionary<string, string> { ["wal_level"] = "logical" } });
        await _cluster.CreateDatabaseAsync(Database);
        await _cluster.ExecuteAsync(Database,
            """
            CREATE TABLE seen (what text);
            CREATE FUNCTION look() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (tg_tag); END $$;
            CREATE EVENT TRIGGER look ON ddl_command_start EXECUTE FUNCTION look();
            CREATE PUBLICATION everything FOR ALL TABLES;
            """);
        // in a transaction that has written, no slot is made
        await _cluster.ExecuteAsync(Database, "SELECT pg_create_logical_replication_slot('subscriber', 'pgoutput')");
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _cluster.DisposeAsync();

    [Test]
    public async Task A_publication_of_all_tables_and_an_event_trigger_see_nothing_of_it_and_nothing_stays()
    {
        await _cluster.ExecuteAsync(Database, "TRUNCATE seen");
        await _cluster.ExecuteAsync(Database, "SELECT pg_replication_slot_advance('subscriber', pg_current_wal_lsn())");
        Assert.That(await TakeAsync(), Is.EqualTo("a row was written, committed and read from another session"));
        Assert.That((await PublishedAsync(), await _cluster.ScalarAsync<long>(Database, "SELECT count(*) FROM seen"), await LeftAsync()), Is.EqualTo((0L, 0L, 0L)));
        await _cluster.ExecuteAsync(Database, "CREATE TABLE of_ours (id int)");
        Assert.That((await PublishedAsync(), await _cluster.ScalarAsync<long>(Database, "SELECT count(*) FROM seen")), Is.EqualTo((4L, 1L)), "both would have been seen: begin, relation, insert, commit");
    }

    [Test]
    public async Task What_was_left_is_taken_away_and_what_is_somebody_elses_stays()
    {
        await _cluster.ExecuteAsync(Database,
            """
            SELECT lo_from_bytea(1212498252, 'a picture'), lo_from_bytea(1212498253, 'healing failover 6: one');
            CREATE ROLE painter;
            SET ROLE painter;
            SELECT lo_from_bytea(1212498254, 'healing failover 5: not ours');
            """);
        await TakeAsync();
        Assert.That(await _cluster.QueryAsync<long>(Database, "SELECT oid::bigint FROM pg_largeobject_metadata ORDER BY 1"), Is.EqualTo(new[] { 1212498252L, 1212498254L }));
        await _cluster.ExecuteAsync(Database, "SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
    }

    [Test]
    public async Task Standbys_that_have_not_found_it_hold_it_up_for_nobody()
    {
        await _cluster.ExecuteAsync("postgres", "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        await _cluster.ExecuteAsync("postgres", "SELECT pg_reload_conf()");
        try
        {
            await Poll.UntilAsync(async ct => await _cluster.ScalarAsync<string>("postgres", "SHOW synchronous_standby_names", ct: ct) == "nobody", TimeSpan.FromSeconds(10), "the setting");
            Assert.That(await TakeAsync().WaitAsync(TimeSpan.FromMinutes(1)), Does.StartWith("a row was written"));
        }
        finally
        {
            await _cluster.ExecuteAsync("postgres", "ALTER SYSTEM RESET synchronous_standby_names");
            await _cluster.ExecuteAsync("postgres", "SELECT pg_reload_conf()");
        }
    }

    [Test]
    public async Task Without_the_right_to_a_large_object_a_logged_transaction_stands_in()
    {
        await _cluster.ExecuteAsync(Database, "CREATE ROLE plain LOGIN; REVOKE EXECUTE ON FUNCTION lo_from_bytea(oid, bytea) FROM PUBLIC");
        Assert.That(await TakeAsync("plain"), Does.StartWith("a transaction was logged and committed; no row"));
        await _cluster.ExecuteAsync(Database, "GRANT EXECUTE ON FUNCTION lo_from_bytea(oid, bytea) TO PUBLIC");
    }

    private Task<string> TakeAsync(string? user = null) => WriteProof.TakeAsync(async cancel =>
    {
        var connection = new NpgsqlConnection(_cluster.ConnectionString(Database, user) + ";Pooling=false;Search Path=pg_catalog");
        await connection.OpenAsync(cancel);
        return connection;
    }, Row, () => { }, CancellationToken.None);

    private Task<long> PublishedAsync() => _cluster.ScalarAsync<long>(Database, "SELECT count(*) FROM pg_logical_slot_peek_binary_changes('subscriber', NULL, NULL, 'proto_version', '1', 'publication_names', 'everything')")!;

    private Task<long> LeftAsync() => _cluster.ScalarAsync<long>(Database, "SELECT count(*) FROM pg_largeobject_metadata")!;
}
