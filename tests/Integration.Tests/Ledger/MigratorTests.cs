using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Ledger;

public sealed class MigratorTests
{
    private FreshLedger _ledger = null!;

    [SetUp]
    public async Task SetUp() => _ledger = await FreshLedger.CreateEmptyAsync();

    [TearDown]
    public async Task TearDown() => await _ledger.DisposeAsync();

    [Test]
    public async Task The_programs_own_migrations_go_up_and_all_the_way_down_and_up_again()
    {
        var newest = MigrationSet.Embedded.Newest;
        var up = await Of(MigrationSet.Embedded).MigrateAsync(null, default);
        Assert.That((up.From, up.To, up.Applied.Count), Is.EqualTo((0, newest, newest)));
        Assert.That(await TablesAsync(), Does.Contain("incidents"));

        var down = await Of(MigrationSet.Embedded).GoToAsync(0, default);
        Assert.That(down.Reverted, Has.Count.EqualTo(newest));
        Assert.That(await TablesAsync(), Is.EqualTo("schema_migrations"));
        Assert.That(await _ledger.ScalarAsync<long>("SELECT count(*) FROM pg_proc WHERE pronamespace = 'healing'::regnamespace"), Is.Zero);

        Assert.That((await Of(MigrationSet.Embedded).MigrateAsync(null, default)).To, Is.EqualTo(newest));
        Assert.That((await Of(MigrationSet.Embedded).MigrateAsync(null, default)).Applied, Is.Empty);
    }

    [Test]
    public async Task Of_many_that_start_at_once_exactly_one_migrates()
    {
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Of(MigrationSet.Embedded).MigrateAsync(null, default))));
        Assert.That(outcomes.Count(o => o.Applied.Count > 0), Is.EqualTo(1));
        Assert.That(outcomes.Select(o => o.To).Distinct(), Is.EqualTo(new[] { MigrationSet.Embedded.Newest }));
    }

    [Test]
    public async Task A_row_says_what_was_applied_by_whom()
    {
        await Of(TestMigrations.Two).MigrateAsync(null, default);
        var applied = await Of(TestMigrations.Two).AppliedAsync(default);
        Assert.That(applied.Select(a => (a.Revision, a.Name, a.Additive)), Is.EqualTo(new[] { (1, "films", false), (2, "title", true) }));
        Assert.That(applied[1].UpSha256, Is.EqualTo(TestMigrations.Two.Find(2)!.UpSha256));
        Assert.That(applied[1].DownSql, Does.Contain("DROP COLUMN title"));
        Assert.That(applied[1].ProgramVersion, Does.StartWith("0."));
    }

    [Test]
    public async Task A_migration_that_fails_leaves_nothing_and_those_before_it_stay()
    {
        var broken = TestMigrations.ThreeBut("0002_title.up.sql", "-- Half.\nCREATE TABLE healing.half (id int);\nSELECT 1/0;");
        var error = await Refusal.OfAsync(() => Of(broken).MigrateAsync(null, default));
        Assert.That(error.Message, Does.Contain("0002_title.up.sql").And.Contain("22012"));
        Assert.That(await TablesAsync(), Is.EqualTo("films,schema_migrations"));
        Assert.That(await Of(broken).AppliedAsync(default), Has.Count.EqualTo(1));
        Assert.That((await Of(TestMigrations.Three).MigrateAsync(null, default)).Applied, Has.Count.EqualTo(2));
    }

    [TestCase("0001_films.up.sql")]
    [TestCase("0002_title.down.sql")]
    public async Task A_file_changed_after_it_was_applied_is_refused_by_name(string file)
    {
        await Of(TestMigrations.Three).MigrateAsync(null, default);
        var error = await Refusal.OfAsync(() => Of(TestMigrations.ThreeBut(file, "-- Other.\nSELECT 1;")).MigrateAsync(null, default));
        Assert.That(error.Message, Does.Contain(file));
        Assert.That(error.Hint, Is.Not.Empty);
    }

    [Test]
    public async Task Other_line_ends_are_no_change()
    {
        await Of(TestMigrations.Three).MigrateAsync(null, default);
        var windows = TestMigrations.ThreeBut("0002_title.up.sql", TestMigrations.Two.Find(2)!.Up.Replace("\n", "\r\n", StringComparison.Ordinal));
        Assert.That((await Of(windows).MigrateAsync(null, default)).Applied, Is.Empty);
    }

    [Test]
    public async Task A_missing_file_is_refused_by_the_name_that_the_ledger_knows()
    {
        await Of(TestMigrations.Three).MigrateAsync(null, default);
        var error = await Refusal.OfAsync(() => Of(TestMigrations.ThreeBut("0002", null)).MigrateAsync(null, default));
        Assert.That(error.Message, Does.Contain("0002_title.up.sql"));
    }

    [Test]
    public async Task A_gap_in_the_files_is_refused_on_an_empty_database_too() =>
        Assert.That((await Refusal.OfAsync(() => Of(TestMigrations.ThreeBut("0002", null)).MigrateAsync(null, default))).Message, Does.Contain("0002_"));

    [Test]
    public async Task A_gap_in_the_ledger_is_refused()
    {
        await Of(TestMigrations.Three).MigrateAsync(null, default);
        await _ledger.ExecuteAsync("DELETE FROM healing.schema_migrations WHERE revision = 2");
        Assert.That((await Refusal.OfAsync(() => Of(TestMigrations.Three).MigrateAsync(null, default))).Message, Does.Contain("revision 2"));
    }

    [Test]
    public async Task Another_name_for_an_applied_number_is_refused()
    {
        await Of(TestMigrations.Three).MigrateAsync(null, default);
        await _ledger.ExecuteAsync("UPDATE healing.schema_migrations SET name = 'other' WHERE revision = 2");
        Assert.That((await Refusal.OfAsync(() => Of(TestMigrations.Three).MigrateAsync(null, default))).Message, Does.Contain("0002_other.up.sql").And.Contain("0002_title.up.sql"));
    }

    [Test]
    public async Task A_stored_way_back_that_was_tampered_with_is_refused()
    {
        await Of(TestMigrations.Three).MigrateAsync(null, default);
        await _ledger.ExecuteAsync("UPDATE healing.schema_migrations SET down_sql = 'DROP SCHEMA public CASCADE' WHERE revision = 3");
        Assert.That((await Refusal.OfAsync(() => Of(TestMigrations.One).MigrateAsync(1, default))).Message, Does.Contain("0003_renamed.down.sql"));
    }

    [Test]
    public async Task An_additive_newer_ledger_is_fine_for_an_older_program()
    {
        await Of(TestMigrations.Two).MigrateAsync(null, default);
        var outcome = await Of(TestMigrations.One).MigrateAsync(null, default);
        Assert.That((outcome.From, outcome.To, outcome.Reverted.Count), Is.EqualTo((2, 2, 0)));
    }

    [TestCase(null)]
    [TestCase(3)]
    public async Task A_newer_ledger_that_is_not_additive_is_refused(int? pinned)
    {
        await Of(TestMigrations.Three).MigrateAsync(null, default);
        var error = await Refusal.OfAsync(() => Of(TestMigrations.One).MigrateAsync(pinned, default));
        Assert.That(error.Message, Does.Contain("0003_renamed.up.sql"));
        Assert.That(error.Hint, Does.Contain("migration_revision: 1"));
    }

    [Test]
    public async Task An_older_program_goes_back_by_the_scripts_in_the_ledger()
    {
        await Of(TestMigrations.Three).MigrateAsync(null, default);
        var outcome = await Of(TestMigrations.One).MigrateAsync(1, default);
        Assert.That(outcome.Reverted, Is.EqualTo(new[] { "0003_renamed.down.sql", "0002_title.down.sql" }));
        Assert.That(await _ledger.ScalarAsync<long>("SELECT count(*) FROM healing.films"), Is.EqualTo(2));
        Assert.That((await Of(TestMigrations.Three).MigrateAsync(null, default)).Applied, Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_program_refuses_a_pin_that_it_cannot_live_with_and_changes_nothing()
    {
        await Of(TestMigrations.Three).MigrateAsync(null, default);
        var error = await Refusal.OfAsync(() => Of(TestMigrations.Three).MigrateAsync(2, default));
        Assert.That(error.Message, Does.Contain("0003_renamed.up.sql"));
        Assert.That(await Of(TestMigrations.Three).AppliedAsync(default), Has.Count.EqualTo(3));
    }

    [Test]
    public async Task A_program_lives_with_a_pin_that_leaves_out_only_what_is_optional()
    {
        await Of(TestMigrations.Four).MigrateAsync(null, default);
        Assert.That((await Of(TestMigrations.Four).MigrateAsync(3, default)).Reverted, Is.EqualTo(new[] { "0004_index.down.sql" }));
        Assert.That((await Of(TestMigrations.Four).MigrateAsync(3, default)).Reverted, Is.Empty);
    }

    [TestCase(9)]
    [TestCase(-1)]
    public async Task A_revision_that_nobody_knows_is_refused(int revision) =>
        await Refusal.OfAsync(() => Of(TestMigrations.Two).GoToAsync(revision, default));

    [Test]
    public async Task A_process_waits_for_the_one_that_migrates_but_not_for_ever()
    {
        await using var other = await _ledger.Cluster.OpenAsync(_ledger.Database);
        await new Npgsql.NpgsqlCommand("SELECT pg_advisory_lock(1212498252, 1)", other).ExecuteNonQueryAsync();
        var impatient = new Migrator(_ledger.ConnectionString, TimeProvider.System, TestMigrations.One) { Patience = TimeSpan.FromMilliseconds(300) };
        Assert.That((await Refusal.OfAsync(() => impatient.MigrateAsync(null, default))).Hint, Does.Contain("pg_stat_activity"));
        var waiting = Of(TestMigrations.One).MigrateAsync(null, default);
        await other.CloseAsync();
        Assert.That((await waiting).Applied, Has.Count.EqualTo(1));
    }

    private Migrator Of(MigrationSet set) => new(_ledger.ConnectionString, TimeProvider.System, set);

    private Task<string?> TablesAsync() => _ledger.ScalarAsync<string>("SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class WHERE relnamespace = 'healing'::regnamespace AND relkind = 'r'");
}
