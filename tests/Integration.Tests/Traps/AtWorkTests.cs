using HealingWorkers.Integration.Tests.Healing;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Traps;

/// <summary>Somebody else is at work on the same tables.</summary>
[TestFixture]
internal sealed class AtWorkTests
{
    [TestCase(RebuildStation.Building)]
    [TestCase(RebuildStation.Swapped)]
    public async Task A_rebuild_in_progress(RebuildStation station)
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50);
        await using (await HeldRebuild.StartAsync(Hospital.Cluster, hospital.Database, "movies_title_idx", station))
        {
            await Trap.AssertUntouchedAsync(hospital);
        }
        Assert.That(await ValidAsync(hospital, "movies_title_idx"), Is.True);
    }

    [TestCase("CREATE INDEX CONCURRENTLY mine ON movies (title, id)")]
    [TestCase("REINDEX TABLE CONCURRENTLY movies")]
    public async Task A_build_in_progress(string build)
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50);
        await using var writer = await Hospital.Cluster.OpenAsync(hospital.Database);
        await RunAsync(writer, "BEGIN; UPDATE movies SET title = title WHERE id = 1");
        await using var builder = await Hospital.Cluster.OpenAsync(hospital.Database);
        var building = RunAsync(builder, build);
        await Poll.UntilAsync(
            async token => await Hospital.Cluster.ScalarAsync<bool>(hospital.Database, "SELECT EXISTS (SELECT FROM pg_index WHERE NOT indisvalid)", ct: token),
            TimeSpan.FromSeconds(20), "an index that is not valid yet");
        await Trap.AssertUntouchedAsync(hospital);
        await RunAsync(writer, "COMMIT");
        await building;
        await writer.CloseAsync();
        await builder.CloseAsync();
        await hospital.AssertSoundAsync();
    }

    [Test]
    public async Task Open_and_prepared_transactions_with_duplicates_and_locks()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50);
        await Hospital.Cluster.ExecuteAsync(hospital.Database,
            "CREATE TABLE later (id int UNIQUE DEFERRABLE INITIALLY DEFERRED); INSERT INTO later SELECT generate_series(1, 100); CREATE TABLE shut (id int PRIMARY KEY)");
        await using var writer = await Hospital.Cluster.OpenAsync(hospital.Database);
        await RunAsync(writer, "BEGIN; INSERT INTO later VALUES (1), (2), (1); UPDATE movies SET title = title || '!'; DELETE FROM casts");
        await using var coordinator = await Hospital.Cluster.OpenAsync(hospital.Database);
        await RunAsync(coordinator, "BEGIN; LOCK TABLE shut; INSERT INTO people (name) VALUES ('prepared'); PREPARE TRANSACTION 'held'");
        try
        {
            var report = await Trap.AssertUntouchedAsync(hospital);
            Assert.That(Trap.Check(report, "btree"), Is.EqualTo("failed"), "what is locked was not examined, and that is said");
            Assert.That(Trap.Check(report, "btree", "reason"), Does.Contain("shut_pkey"));
        }
        finally
        {
            await RunAsync(coordinator, "ROLLBACK PREPARED 'held'");
        }
    }

    [Test]
    public async Task A_prepared_transaction_on_the_table_is_seen_before_anything_is_built()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300);
        hospital.Limits = hospital.Limits with { OldTransaction = TimeSpan.Zero };
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var found = (await hospital.CheckAsync()).Single();
        await using var coordinator = await Hospital.Cluster.OpenAsync(hospital.Database);
        await RunAsync(coordinator, "BEGIN; UPDATE movies SET year = year WHERE id = 1; PREPARE TRANSACTION 'held too'");
        await hospital.LeftAloneAsync();
        var logged = Hospital.Cluster.Log.Length;
        var outcome = await hospital.HealAsync(found.Id);
        Assert.That(outcome.Note, Does.Contain("prepared transaction 'held too'"));
        Assert.That(Trap.Sent(hospital, logged), Is.Empty);
        await RunAsync(coordinator, "ROLLBACK PREPARED 'held too'");
        // a second look meets the damage again, and so a session that ends a moment later: it is put off once more
        await Poll.UntilAsync(async token => (await hospital.HealAsync(found.Id, cancel: token)).State == IncidentState.Resolved, TimeSpan.FromMinutes(1), "it is healed");
    }

    [Test]
    public async Task A_leftover_that_somebody_is_about_to_rebuild_is_left_to_him()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50);
        var found = await LeftoverAsync(hospital);
        await using var holder = await Hospital.Cluster.OpenAsync(hospital.Database);
        await RunAsync(holder, "BEGIN; LOCK TABLE movies IN SHARE UPDATE EXCLUSIVE MODE");
        await using var rebuilder = await Hospital.Cluster.OpenAsync(hospital.Database);
        var rebuild = RunAsync(rebuilder, "REINDEX INDEX CONCURRENTLY mine");
        await WaitingAsync(hospital, "REINDEX%");
        Assert.That((await hospital.HealAsync(found.Id)).Deferred, Is.True);
        await RunAsync(holder, "COMMIT");
        await rebuild;
        Assert.That((await hospital.HealAsync(found.Id)).State, Is.EqualTo(IncidentState.Resolved));
        Assert.That(await ValidAsync(hospital, "mine"), Is.True);
    }

    [Test]
    public async Task A_drop_that_had_to_wait_never_takes_a_new_index_by_the_same_name()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50);
        hospital.Limits = hospital.Limits with { LockTimeout = TimeSpan.FromSeconds(20) };
        var found = await LeftoverAsync(hospital);
        await using var holder = await Hospital.Cluster.OpenAsync(hospital.Database);
        await RunAsync(holder, "BEGIN; LOCK TABLE movies IN SHARE UPDATE EXCLUSIVE MODE");
        var healing = hospital.HealAsync(found.Id);
        await WaitingAsync(hospital, "DROP INDEX%");
        await RunAsync(holder, "DO $$ BEGIN IF to_regclass('mine') IS NOT NULL THEN ALTER INDEX mine RENAME TO older; END IF; END $$; CREATE INDEX mine ON movies (year); COMMIT");
        var outcome = await healing;
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        Assert.That(await ValidAsync(hospital, "mine"), Is.True, "the new one is there");
        await holder.CloseAsync();
        await hospital.AssertSoundAsync();
    }

    [Test]
    public async Task A_damaged_index_is_followed_by_its_oid_when_another_takes_its_name()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 300);
        await hospital.Damage.Index.ZeroLeafAsync("movies_title_idx");
        var found = (await hospital.CheckAsync()).Single();
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "ALTER INDEX movies_title_idx RENAME TO away; CREATE INDEX movies_title_idx ON movies (year)");
        var healthy = await Hospital.Cluster.ScalarAsync<uint>(hospital.Database, "SELECT pg_relation_filenode('movies_title_idx')");
        var outcome = await hospital.HealAsync(found.Id);
        Assert.That(outcome.State, Is.EqualTo(IncidentState.Resolved), outcome.Note);
        await hospital.AssertSoundAsync();
        Assert.That(await Hospital.Cluster.ScalarAsync<uint>(hospital.Database, "SELECT pg_relation_filenode('movies_title_idx')"), Is.EqualTo(healthy));
    }

    [TestCase("DROP TABLE movies CASCADE")]
    [TestCase("ALTER TABLE movies RENAME TO films")]
    [TestCase("DROP INDEX movies_title_idx")]
    public async Task What_is_dropped_or_renamed_while_it_is_looked_at_is_no_damage(string change)
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50);
        var report = await CheckDuringAsync(hospital, hospital.Database, change);
        Assert.That(report.Findings, Is.Empty);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Clean), report.Reason);
    }

    [Test]
    public async Task A_database_that_is_dropped_meanwhile_is_a_failed_check_and_no_damage()
    {
        await using var hospital = await Hospital.OpenAsync(rows: 50);
        var report = await CheckDuringAsync(hospital, "postgres", $"DROP DATABASE {hospital.Database} WITH (FORCE)");
        Assert.That(report.Findings, Is.Empty);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Failed));
    }

    private static Task<CheckReport> CheckDuringAsync(Hospital hospital, string database, string change) =>
        new BtreeCheck().RunAsync(new(hospital.Target, CheckScope.All) { Progress = new Once(() => Hospital.Cluster.ExecuteAsync(database, change).GetAwaiter().GetResult()) }, CancellationToken.None);

    private static async Task<Incident> LeftoverAsync(Hospital hospital)
    {
        await Hospital.Cluster.ExecuteAsync(hospital.Database, "CREATE INDEX mine ON movies (title); UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'mine'::regclass");
        return (await hospital.CheckAsync(new LeftoversCheck())).Single();
    }

    private static Task<bool> ValidAsync(Hospital hospital, string index) =>
        Hospital.Cluster.ScalarAsync<bool>(hospital.Database, "SELECT EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass(@index) AND indisvalid)", new { index });

    private static Task WaitingAsync(Hospital hospital, string query) => Poll.UntilAsync(
        async token => await Hospital.Cluster.ScalarAsync<bool>(hospital.Database,
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE @query)", new { query }, token),
        TimeSpan.FromSeconds(20), $"{query} waits");

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 600 };
        await command.ExecuteNonQueryAsync();
    }

    private sealed class Once(Action action) : IProgress<CheckProgress>
    {
        private int _done;

        public void Report(CheckProgress value)
        {
            if (Interlocked.Exchange(ref _done, 1) == 0)
            {
                action();
            }
        }
    }
}
