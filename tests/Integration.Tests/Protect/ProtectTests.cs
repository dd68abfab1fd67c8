using HealingWorkers.Drill;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Protect;

/// <summary>protect: read_only stops the writes of new sessions while something critical is open, and takes back its own setting and no other.</summary>
[TestFixture, Parallelizable(ParallelScope.Self)]
public sealed class ProtectTests
{
    private PgCluster _cluster = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _cluster = await PgCluster.StartNewAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _cluster.DisposeAsync();

    [TestCase(null)]
    [TestCase("we\"ird; DROP TABLE x--'")]
    public async Task Writes_are_stopped_until_it_is_healed(string? name)
    {
        await using var guarded = await Guarded.OpenAsync(_cluster, name);
        await guarded.KeepAsync();
        Assert.That(await guarded.MayWriteAsync(), Is.True);
        var incident = await guarded.FindAsync();
        await guarded.KeepAsync();
        var row = await guarded.StandsAsync();
        Assert.That((row!.State, row.IncidentId, await guarded.MayWriteAsync()), Is.EqualTo(("set", (long?)incident, false)));
        Assert.That((await guarded.SettingAsync()).Token, Is.Not.Null);
        await guarded.KeepAsync();
        await guarded.HealAsync();
        await guarded.KeepAsync();
        Assert.That((await guarded.SettingAsync(), await guarded.MayWriteAsync(), (await guarded.StandsAsync())!.State), Is.EqualTo(((null as string, null as string), true, "lifted")));
        Assert.That((await guarded.AuditedAsync("protect.set"), await guarded.AuditedAsync("protect.lifted")), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task What_a_person_had_set_before_comes_back()
    {
        await using var guarded = await Guarded.OpenAsync(_cluster);
        await _cluster.ExecuteAsync("postgres", $"ALTER DATABASE {guarded.Database} SET default_transaction_read_only = off");
        await guarded.FindAsync();
        await guarded.KeepAsync();
        Assert.That((await guarded.SettingAsync()).ReadOnly, Is.EqualTo("on"));
        await guarded.HealAsync();
        await guarded.KeepAsync();
        Assert.That(await guarded.SettingAsync(), Is.EqualTo(("off", null as string)));
    }

    [Test]
    public async Task What_somebody_else_stopped_is_never_taken_back()
    {
        await using var guarded = await Guarded.OpenAsync(_cluster);
        await _cluster.ExecuteAsync("postgres", $"ALTER DATABASE {guarded.Database} SET default_transaction_read_only = on");
        await guarded.FindAsync();
        await guarded.KeepAsync();
        Assert.That(((await guarded.StandsAsync())!.State, await guarded.SettingAsync()), Is.EqualTo(("found", ("on", null as string))));
        await guarded.HealAsync();
        await guarded.KeepAsync();
        Assert.That(((await guarded.StandsAsync())!.State, await guarded.SettingAsync()), Is.EqualTo(("left", ("on", null as string))));
    }

    [TestCase("SET default_transaction_read_only = off", "off")]
    [TestCase("RESET default_transaction_read_only", null)]
    public async Task A_person_who_lets_writes_in_again_is_not_fought(string decision, string? left)
    {
        await using var guarded = await Guarded.OpenAsync(_cluster);
        await guarded.FindAsync();
        await guarded.KeepAsync();
        await _cluster.ExecuteAsync("postgres", $"ALTER DATABASE {guarded.Database} {decision}");
        await guarded.KeepAsync();
        Assert.That((await guarded.SettingAsync()).ReadOnly, Is.EqualTo(left));
        await guarded.HealAsync();
        await guarded.KeepAsync();
        Assert.That((await guarded.SettingAsync(), (await guarded.StandsAsync())!.State), Is.EqualTo(((left, null as string), "left")));
    }

    [Test]
    public async Task What_a_person_set_in_place_of_ours_stays()
    {
        await using var guarded = await Guarded.OpenAsync(_cluster);
        await guarded.FindAsync();
        await guarded.KeepAsync();
        // All of ours thrown away, and the writes stopped by the person's own hand.
        await _cluster.ExecuteAsync("postgres", $"ALTER DATABASE {guarded.Database} RESET ALL");
        await _cluster.ExecuteAsync("postgres", $"ALTER DATABASE {guarded.Database} SET default_transaction_read_only = on");
        await guarded.HealAsync();
        await guarded.KeepAsync();
        Assert.That(((await guarded.SettingAsync()).ReadOnly, (await guarded.StandsAsync())!.State), Is.EqualTo(("on", "left")));
    }

    [Test]
    public async Task Switched_off_it_is_taken_back_and_a_suppressed_incident_stops_nobody()
    {
        await using var guarded = await Guarded.OpenAsync(_cluster);
        var incident = await guarded.FindAsync();
        await guarded.KeepAsync();
        guarded.Options.Protect = Jobs.Options.Protection.None;
        await guarded.KeepAsync();
        Assert.That(await guarded.MayWriteAsync(), Is.True);
        guarded.Options.Protect = Jobs.Options.Protection.ReadOnly;
        await guarded.KeepAsync();
        Assert.That(await guarded.MayWriteAsync(), Is.True, "two configurations at once would turn it on and off");
        await guarded.LedgerAsync("UPDATE healing.protections SET ended_at = ended_at - interval '2 minutes'");
        await guarded.KeepAsync();
        Assert.That(await guarded.MayWriteAsync(), Is.False);
        await guarded.LedgerAsync($"UPDATE healing.incidents SET state = 'Suppressed' WHERE id = {incident}");
        await guarded.KeepAsync();
        Assert.That(await guarded.MayWriteAsync(), Is.True);
    }

    [Test]
    public async Task Neither_an_outage_nor_a_warning_nor_observing_stops_writes()
    {
        await using var guarded = await Guarded.OpenAsync(_cluster);
        await guarded.FindAsync(FindingKind.TargetUnreachable);
        await guarded.KeepAsync();
        Assert.That(await guarded.StandsAsync(), Is.Null);
        await guarded.FindAsync(FindingKind.IndexLeftover);
        await guarded.KeepAsync();
        Assert.That(await guarded.StandsAsync(), Is.Null);
        await guarded.FindAsync();
        guarded.Options.Mode = Jobs.Options.HealingMode.Observe;
        await guarded.KeepAsync();
        Assert.That(await guarded.StandsAsync(), Is.Null);
        guarded.Options.Mode = null;
        await guarded.LedgerAsync("INSERT INTO healing.pauses (target_id, actor, why) VALUES (0, 'test', 'test')");
        await guarded.KeepAsync();
        Assert.That(await guarded.MayWriteAsync(), Is.True);
        await guarded.LedgerAsync("DELETE FROM healing.pauses");
        await guarded.KeepAsync();
        Assert.That(await guarded.MayWriteAsync(), Is.False);
    }

    [Test]
    public async Task Many_workers_at_once_do_it_once()
    {
        await using var guarded = await Guarded.OpenAsync(_cluster);
        await guarded.FindAsync();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(n => guarded.KeepAsync($"worker{n}")));
        var token = (await guarded.SettingAsync()).Token;
        Assert.That((await guarded.AuditedAsync("protect.set"), token), Is.EqualTo((1, await guarded.Cluster.ScalarAsync<string>(guarded.LedgerDatabase, "SELECT token FROM healing.protections"))));
        await guarded.HealAsync();
        await Task.WhenAll(Enumerable.Range(0, 6).Select(n => guarded.KeepAsync($"worker{n}")));
        Assert.That((await guarded.AuditedAsync("protect.lifted"), await guarded.AuditedAsync("protect.left")), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task A_worker_that_died_on_the_way_is_followed_by_one_that_knows()
    {
        await using var guarded = await Guarded.OpenAsync(_cluster);
        var incident = await guarded.FindAsync();
        // It had written what it meant to do, and nothing was done.
        await guarded.LedgerAsync($"INSERT INTO healing.protections (target_id, state, token, incident_id) SELECT target_id, 'setting', 'dead', id FROM healing.incidents WHERE id = {incident}");
        await guarded.KeepAsync();
        Assert.That(((await guarded.StandsAsync())!.State, await guarded.MayWriteAsync()), Is.EqualTo(("set", false)));
        // It had done it, and the ledger was not told.
        var token = (await guarded.SettingAsync()).Token;
        await guarded.LedgerAsync("UPDATE healing.protections SET state = 'setting', marked = NULL");
        await guarded.KeepAsync();
        Assert.That(((await guarded.StandsAsync())!.State, (await guarded.SettingAsync()).Token), Is.EqualTo(("set", token)));
        // The same, and meanwhile everything was healed.
        await guarded.LedgerAsync("UPDATE healing.protections SET state = 'setting', marked = NULL");
        await guarded.HealAsync();
        await guarded.KeepAsync();
        Assert.That(await guarded.SettingAsync(), Is.EqualTo((null as string, null as string)));
    }

    [Test]
    public async Task An_owner_without_more_rights_is_enough_and_less_is_told_once()
    {
        await _cluster.ExecuteAsync("postgres", "CREATE ROLE owner LOGIN; CREATE ROLE guest LOGIN");
        await using var guarded = await Guarded.OpenAsync(_cluster, user: "guest");
        await guarded.FindAsync();
        await guarded.KeepAsync();
        await guarded.KeepAsync();
        Assert.That(((await guarded.StandsAsync())!.Problem, await guarded.AuditedAsync("protect.failed"), await guarded.MayWriteAsync()), Is.EqualTo(((await guarded.StandsAsync())!.Problem, 1, true)));
        Assert.That((await guarded.StandsAsync())!.Problem, Does.Contain("owner"));
        await _cluster.ExecuteAsync("postgres", $"ALTER DATABASE {guarded.Database} OWNER TO owner");
        guarded.Options.Connection = _cluster.ConnectionString(guarded.Database, "owner");
        await guarded.KeepAsync();
        Assert.That((await guarded.SettingAsync(), (await guarded.StandsAsync())!.Problem), Is.EqualTo((("on", null as string), null as string)));
        await guarded.HealAsync();
        await guarded.KeepAsync();
        Assert.That((await guarded.SettingAsync()).ReadOnly, Is.Null);
    }

    [Test]
    public async Task It_outlives_a_restart_of_the_server_and_repairs_write_all_the_same()
    {
        await using var cluster = await PgCluster.StartNewAsync();
        await using var guarded = await Guarded.OpenAsync(cluster);
        await guarded.FindAsync();
        await guarded.KeepAsync();
        NpgsqlConnection.ClearAllPools();
        await cluster.StopAsync();
        await cluster.StartAsync();
        guarded.Db.Source.Clear();
        Assert.That(await guarded.MayWriteAsync(), Is.False);
        await using (var target = new Jobs.Targets.Target(guarded.Options, TimeProvider.System))
        {
            await using var repair = await target.OpenRepairAsync(CancellationToken.None);
            await using var command = new NpgsqlCommand("INSERT INTO public.items VALUES (-1)", repair);
            Assert.That(await command.ExecuteNonQueryAsync(), Is.EqualTo(1));
        }
        await guarded.HealAsync();
        await guarded.KeepAsync();
        Assert.That(await guarded.MayWriteAsync(), Is.True);
    }

    [Test]
    public async Task A_ledger_that_has_forgotten_knows_its_own_token_again()
    {
        await using var guarded = await Guarded.OpenAsync(_cluster);
        await _cluster.ExecuteAsync("postgres", $"ALTER DATABASE {guarded.Database} SET default_transaction_read_only = off");
        await guarded.FindAsync();
        await guarded.KeepAsync();
        await guarded.LedgerAsync("DELETE FROM healing.protections");
        await guarded.KeepAsync();
        Assert.That((await guarded.StandsAsync())!.State, Is.EqualTo("set"));
        await guarded.HealAsync();
        await guarded.KeepAsync();
        Assert.That(await guarded.SettingAsync(), Is.EqualTo(("off", null as string)));
    }

    [Test]
    public async Task A_database_that_comes_back_from_a_backup_of_that_time_may_write_again()
    {
        await using var guarded = await Guarded.OpenAsync(_cluster);
        await guarded.FindAsync();
        await guarded.KeepAsync();
        var dump = Path.Combine(Directory.CreateTempSubdirectory("healing-protect-").FullName, "dump");
        await RunAsync("pg_dump", "--format=custom", "--create", "--file", dump, guarded.Database);
        await guarded.HealAsync();
        await guarded.KeepAsync();
        await _cluster.ExecuteAsync("postgres", $"DROP DATABASE {guarded.Database} WITH (FORCE)");
        await RunAsync("pg_restore", "--create", "--dbname", "postgres", dump);
        Directory.Delete(Path.GetDirectoryName(dump)!, recursive: true);
        Assert.That(((await guarded.SettingAsync()).ReadOnly, (await guarded.SettingAsync()).Token, await guarded.MayWriteAsync()), Is.EqualTo(("on", (await guarded.SettingAsync()).Token, false)), "as it was dumped");
        Assert.That((await guarded.SettingAsync()).Token, Is.Not.Null);
        await guarded.KeepAsync();
        Assert.That((await guarded.SettingAsync(), await guarded.MayWriteAsync()), Is.EqualTo(((null as string, null as string), true)));
        Assert.That(await guarded.AuditedAsync("protect.lifted"), Is.EqualTo(2));

        // another ledger's is not ours to take back
        await _cluster.ExecuteAsync("postgres", $"ALTER DATABASE {guarded.Database} SET default_transaction_read_only = on");
        await _cluster.ExecuteAsync("postgres", $"ALTER DATABASE {guarded.Database} SET healing.protection = 'somebody/else/'");
        await guarded.KeepAsync();
        Assert.That(await guarded.SettingAsync(), Is.EqualTo(("on", "somebody/else/")));
    }

    [Test]
    public async Task What_is_known_of_a_database_whose_name_another_one_has_is_ended_once()
    {
        await using var guarded = await Guarded.OpenAsync(_cluster);
        await guarded.FindAsync();
        await guarded.KeepAsync();
        await _cluster.ExecuteAsync("postgres", $"DROP DATABASE {guarded.Database} WITH (FORCE)");
        await _cluster.CreateDatabaseAsync(guarded.Database);
        await _cluster.ExecuteAsync(guarded.Database, "CREATE TABLE items (id int PRIMARY KEY)");
        await guarded.RegisterAsync();
        for (var round = 0; round < 3; round++)
            await guarded.KeepAsync();
        Assert.That(((await guarded.StandsAsync())!.State, (await guarded.StandsAsync())!.Problem), Is.EqualTo(("left", null as string)));
        Assert.That((await guarded.AuditedAsync("protect.left"), await guarded.AuditedAsync("protect.failed")), Is.EqualTo((1, 0)));
        Assert.That((await guarded.SettingAsync(), await guarded.MayWriteAsync()), Is.EqualTo(((null as string, null as string), true)), "the incident was of the one before");
    }

    [Test]
    public async Task A_target_that_hangs_holds_up_no_other()
    {
        await using var frozen = await PgCluster.StartNewAsync();
        await using var guarded = await Guarded.OpenAsync(_cluster);
        await guarded.FindOnAsync(new() { Name = "hangs", Connection = frozen.ConnectionString("postgres"), Protect = Jobs.Options.Protection.ReadOnly });
        await guarded.FindAsync();
        frozen.Freeze();
        try
        {
            var begun = TimeProvider.System.GetTimestamp();
            var keeping = guarded.KeepAsync(patience: TimeSpan.FromSeconds(15));
            await Poll.UntilAsync(async _ => !await guarded.MayWriteAsync(), TimeSpan.FromSeconds(14), "the other one to be stopped");
            if (TimeProvider.System.GetElapsedTime(begun) < TimeSpan.FromSeconds(8))
            {
                Assert.That(keeping.IsCompleted, Is.False, "the one that hangs is still waited for");
            }
            await keeping;
            Assert.That((await guarded.StandingAsync()).Select(p => p.Problem), Has.Some.StartsWith("the writes of hangs could not be stopped: "));
        }
        finally
        {
            frozen.Thaw();
        }
    }

    private async Task RunAsync(string program, params string[] arguments)
    {
        var (code, said) = await Jobs.Targets.Programs.TryRunAsync(["env", "PGOPTIONS=-c default_transaction_read_only=off", _cluster.Options.Binaries[program], "--host", _cluster.SocketDirectory, "--port", $"{_cluster.Port}", "--username", "postgres", .. arguments], CancellationToken.None);
        Assert.That(code, Is.Zero, said);
    }

    [Test]
    public async Task An_older_ledger_says_what_it_lacks()
    {
        await using var guarded = await Guarded.OpenAsync(_cluster);
        await guarded.FindAsync();
        await new Migrator(guarded.Db.ConnectionString, TimeProvider.System).GoToAsync(8, CancellationToken.None);
        var missing = await Assert.ThrowsAsync<PostgresException>(() => guarded.KeepAsync());
        Assert.That(MissingTable.Explain(missing)!.Message, Does.Contain("until the ledger is at revision 10").And.Contains("healing.protections"));
        Assert.That(await guarded.MayWriteAsync(), Is.True);
    }
}
