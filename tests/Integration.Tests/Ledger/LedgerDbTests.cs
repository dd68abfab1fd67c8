using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Ledger;

public sealed class LedgerDbTests
{
    private FreshLedger _ledger = null!;

    [SetUp]
    public async Task SetUp() => _ledger = await FreshLedger.CreateAsync();

    [TearDown]
    public async Task TearDown() => await _ledger.DisposeAsync();

    [Test]
    public async Task Every_session_has_its_limits_and_keeps_the_callers_options()
    {
        await using var db = new LedgerDb(_ledger.ConnectionString + ";Options=-c work_mem=1MB");
        Assert.That(await db.FirstAsync<string>("SELECT current_setting('statement_timeout') || ' ' || current_setting('lock_timeout') || ' ' || current_setting('idle_in_transaction_session_timeout') || ' ' || current_setting('work_mem')", null, default), Is.EqualTo("30s 15s 3s 1MB"));
        Assert.That(new NpgsqlConnectionStringBuilder(db.ConnectionString).MaxPoolSize, Is.EqualTo(20));
    }

    [Test]
    public async Task A_pause_of_everything_or_of_one_holds_until_that_is_resumed()
    {
        var pauses = new Pauses(_ledger.Db);
        Assert.That(await pauses.IsPausedAsync(1, default), Is.False);
        await pauses.PauseAsync(1, "eve", "release", default);
        await pauses.PauseAsync(null, "eve", "fire", default);
        await pauses.PauseAsync(null, "adam", "still fire", default);
        Assert.That((await pauses.ListAsync(default)).Select(p => (p.TargetId, p.Actor, p.Why)), Is.EquivalentTo(new[] { ((long?)1, "eve", "release"), (null, "adam", "still fire") }));
        Assert.That(await pauses.IsPausedAsync(2, default), Is.True);
        Assert.That(await pauses.ResumeAsync(null, "eve", "fire is out", default), Is.True);
        Assert.That(await pauses.ResumeAsync(null, "eve", "fire is out", default), Is.False);
        Assert.That((await pauses.IsPausedAsync(1, default), await pauses.IsPausedAsync(2, default)), Is.EqualTo((true, false)));
        var audit = await new AuditLog(_ledger.Db).ListAsync(null, null, 10, default);
        Assert.That(audit.Select(a => a.EventType), Is.EqualTo(new[] { "repairs.resumed", "repairs.paused", "repairs.paused", "repairs.paused" }));
        Assert.That(audit[0].Message, Is.EqualTo("repairs of everything resumed: fire is out"));
        Assert.That((await new AuditLog(_ledger.Db).ListAsync(null, audit[2].Id, 10, default)).Single().TargetId, Is.EqualTo(1));
    }

    [Test]
    public async Task A_ledger_belongs_to_its_first_engine()
    {
        var registry = new WorkerRegistry(_ledger.Db);
        await registry.ClaimEngineAsync("quartz", default);
        await registry.ClaimEngineAsync("quartz", default);
        var refusal = await Refusal.OfAsync(() => registry.ClaimEngineAsync("hangfire", default));
        Assert.That(refusal.Message, Does.Contain("quartz").And.Contain("hangfire"));
    }

    [Test]
    public async Task Of_two_engines_at_once_one_is_refused()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(async () =>
        {
            try
            {
                await new WorkerRegistry(_ledger.Db).ClaimEngineAsync(i % 2 == 0 ? "quartz" : "hangfire", default);
                return i % 2;
            }
            catch (HealingWorkers.Jobs.Errors.HealingException)
            {
                return -1;
            }
        })));
        Assert.That(outcomes.Count(o => o == -1), Is.EqualTo(4));
        Assert.That(outcomes.Where(o => o >= 0).Distinct().Count(), Is.EqualTo(1));
    }

    [Test]
    public async Task The_fleet_is_who_was_heard_of_and_did_not_say_goodbye()
    {
        var registry = new WorkerRegistry(_ledger.Db);
        var minute = TimeSpan.FromMinutes(1);
        foreach (var id in new[] { "a", "b", "c" })
            await registry.RegisterAsync(new WorkerProcess { Id = id, Host = "h", Pid = 1, Version = "0.1.0", Engine = "quartz" }, default);
        await registry.StoppedAsync("a", default);
        await _ledger.ExecuteAsync("UPDATE healing.workers SET heartbeat_at = heartbeat_at - interval '2 minutes' WHERE id = 'b'");
        Assert.That((await registry.AliveAsync(minute, default)).Select(w => w.Id), Is.EqualTo(new[] { "c" }));
        Assert.That(await registry.HeartbeatAsync("b", default), Is.True);
        Assert.That(await registry.HeartbeatAsync("nobody", default), Is.False);
        Assert.That((await registry.AliveAsync(minute, default)).Select(w => w.Id), Is.EqualTo(new[] { "b", "c" }));
    }

    [Test]
    public async Task Durations_add_up_in_buckets_that_rise()
    {
        var histograms = new Histograms(_ledger.Db);
        var labels = new JsonObject { ["target"] = "movies" };
        foreach (var seconds in new[] { 0.2, 0.2, 4, 9999 })
            await histograms.AddAsync("m", labels, TimeSpan.FromSeconds(seconds), default);
        await histograms.AddAsync("m", new JsonObject { ["target"] = "other" }, TimeSpan.FromSeconds(-1), default);
        var series = (await histograms.ReadAsync("m", default)).Single(s => s.Labels.Contains("movies", StringComparison.Ordinal));
        Assert.That((series.Count, series.Sum), Is.EqualTo((4L, 10003.4)));
        Assert.That(series.Buckets.Where(b => b.UpperBound is 0.1 or 0.25 or 5 or 3600 or double.PositiveInfinity).Select(b => b.Count), Is.EqualTo(new long[] { 0, 2, 3, 3, 4 }));
        Assert.That(await histograms.ReadAsync("none", default), Is.Empty);
    }

    [Test]
    public async Task Retention_takes_old_history_in_batches_and_leaves_what_decides()
    {
        await _ledger.ExecuteAsync("""
            INSERT INTO healing.job_runs (key, job, state, requested_by, ended_at, recurring_id)
            SELECT 'k' || i, 'j', 'succeeded', 'x', now() - i * interval '1 day', CASE WHEN i > 2400 THEN 'old' END FROM generate_series(1, 2500) i;
            INSERT INTO healing.job_runs (key, job, state, requested_by) VALUES ('pending', 'j', 'pending', 'x');
            INSERT INTO healing.targets (system_identifier, database_oid, name, database_name, server_version) VALUES ('1', 1, 't', 't', 150000);
            INSERT INTO healing.check_memory VALUES (1, 'sample', 'a', '1', now() - interval '2 days'), (1, 'sample', 'b', '1', now()), (1, 'collation', 'c', '1', now() - interval '2 years');
            INSERT INTO healing.workers (id, host, pid, version, engine, heartbeat_at) VALUES ('old', 'h', 1, 'v', 'e', now() - interval '1 year'), ('new', 'h', 1, 'v', 'e', now());
            INSERT INTO healing.alerts (key, sink, event, severity, payload, delivered_at) VALUES ('old', 's', 'e', 'info', '{}', now() - interval '1 year'), ('open', 's', 'e', 'info', '{}', NULL);
            """);
        var gone = await new Retention(_ledger.Db).RunAsync(TimeSpan.FromDays(90), TimeSpan.FromDays(1), default);
        Assert.That(gone, Is.EqualTo(2411 - 1 + 3));
        Assert.That(await _ledger.ScalarAsync<string>("SELECT string_agg(key, '' ORDER BY key) FROM healing.check_memory"), Is.EqualTo("bc"));
        Assert.That(await _ledger.ScalarAsync<long>("SELECT count(*) FROM healing.job_runs WHERE ended_at < now() - interval '90 days'"), Is.EqualTo(1), "the last success of a recurring job");
        Assert.That(await _ledger.ScalarAsync<long>("SELECT count(*) FROM healing.job_runs WHERE state = 'pending'"), Is.EqualTo(1));
        Assert.That(await _ledger.ScalarAsync<string>("SELECT id FROM healing.workers"), Is.EqualTo("new"));
    }

    [Test]
    public async Task Retention_halves_its_batch_where_the_time_is_too_short()
    {
        await _ledger.ExecuteAsync("""
            INSERT INTO healing.job_runs (key, job, state, requested_by, ended_at) SELECT 'k' || i, 'j', 'failed', 'x', now() - interval '1 year' FROM generate_series(1, 300) i;
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.001); RETURN OLD; END';
            CREATE TRIGGER slow BEFORE DELETE ON healing.job_runs FOR EACH ROW EXECUTE FUNCTION slow();
            """);
        await using var hurried = new LedgerDb(_ledger.ConnectionString + ";Options=-c statement_timeout=250ms");
        Assert.That(await new Retention(hurried).RunAsync(TimeSpan.FromDays(90), TimeSpan.FromDays(1), default), Is.EqualTo(300));
    }

    [Test]
    public async Task Patient_work_outlasts_a_control_database_that_is_away_and_is_done_once()
    {
        await using var cluster = await PgCluster.StartNewAsync();
        await new Migrator(cluster.ConnectionString("postgres"), TimeProvider.System).MigrateAsync(null, default);
        await using var impatient = new LedgerDb(cluster.ConnectionString("postgres"));
        await using var patient = new LedgerDb(cluster.ConnectionString("postgres"), TimeProvider.System, TimeSpan.FromMinutes(3));
        await new AuditLog(patient).WriteAsync(new AuditEntry("test", "info", "before", "t"), default);
        await cluster.StopAsync();
        Assert.That(async () => await new Pauses(impatient).ListAsync(default), Throws.InstanceOf<NpgsqlException>());
        var write = new AuditLog(patient).WriteAsync(new AuditEntry("test", "info", "during", "t"), default);
        await Task.Delay(TimeSpan.FromMilliseconds(300), TimeProvider.System);
        Assert.That(write.IsCompleted, Is.False);
        await cluster.StartAsync();
        await write;
        Assert.That(await cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM healing.audit_log"), Is.EqualTo(2));
    }

    [Test]
    public async Task A_dead_lock_is_tried_again()
    {
        await _ledger.ExecuteAsync("CREATE TABLE pair (id int PRIMARY KEY, n int); INSERT INTO pair VALUES (1, 0), (2, 0)");
        using var both = new Barrier(2);
        var met = 0;
        await Task.WhenAll(LockBoth(1, 2), LockBoth(2, 1));
        Assert.That(await _ledger.ScalarAsync<string>("SELECT string_agg(n::text, ',') FROM pair"), Is.EqualTo("2,2"));

        Task LockBoth(int first, int second) => Task.Run(() => _ledger.Db.InTransactionAsync(async (connection, transaction) =>
        {
            await connection.DoAsync("UPDATE pair SET n = n + 1 WHERE id = @first", new { first }, default, transaction);
            if (Interlocked.Increment(ref met) <= 2)
                both.SignalAndWait(TimeSpan.FromSeconds(30));
            return await connection.DoAsync("UPDATE pair SET n = n + 1 WHERE id = @second", new { second }, default, transaction);
        }, default));
    }
}
