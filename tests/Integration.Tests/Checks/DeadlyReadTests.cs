using System.Buffers.Binary;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Damage that a server does not survive when it is read, or that holds a backend for ever: on a server of its own.</summary>
[TestFixture, NonParallelizable, CancelAfter(120_000)]
internal sealed class DeadlyReadTests
{
    private const string Database = "deadly";
    private const string Crash = "was terminated by signal 11";
    private PgCluster _cluster = null!;
    private Target _target = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _cluster = await PgCluster.StartNewAsync();
        await _cluster.CreateDatabaseAsync(Database);
        await _cluster.ExecuteAsync(Database,
            """
            CREATE EXTENSION amcheck;
            CREATE TABLE victim (id int PRIMARY KEY, note text);
            INSERT INTO victim SELECT n, repeat('x', 200) FROM generate_series(1, 30) n;
            CREATE INDEX victim_note_idx ON victim (note);
            CREATE TABLE sound (id int PRIMARY KEY);
            INSERT INTO sound SELECT generate_series(1, 1000);
            CREATE TABLE looped (tags int[]) WITH (autovacuum_enabled = false);
            INSERT INTO looped SELECT ARRAY[n % 700, n % 11] FROM generate_series(1, 20000) n;
            CREATE INDEX looped_tags_idx ON looped USING gin (tags) WITH (fastupdate = off);
            """);
        await MakeDeadlyAsync(_cluster, Database);
        _target = new(new TargetOptions { Name = Database, Connection = _cluster.ConnectionString(Database) }, TimeProvider.System);
    }

    /// <summary>A text of victim that says that it is half a gigabyte long: whoever follows it leaves the shared memory.</summary>
    public static Task MakeDeadlyAsync(PgCluster cluster, string database) => new Damage(cluster, database).Editor.EditPageAsync("victim", 0, null, page =>
        BinaryPrimitives.WriteUInt32LittleEndian(new SlottedPage(page).Tuple(7)[28..], 0x20000000u << 2));

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        await _target.DisposeAsync();
        await _cluster.DisposeAsync();
    }

    [Test]
    public async Task A_read_that_crashes_the_server_is_fenced_off_for_good_and_who_was_taken_along_is_not()
    {
        var memory = new RememberedInMemory();
        var (deadly, victim) = (await OpenAsync("probe", memory), await NameAsync("victim"));
        await using var connection = await _target.OpenCheckAsync(default);
        await using var beside = await _target.OpenCheckAsync(default);
        var bystander = deadly.GuardAsync(beside, await NameAsync("sound"), "SELECT sleep", token => RunAsync(beside, "SELECT pg_sleep(60)", token), default);
        await Poll.UntilAsync(async ct => await _cluster.ScalarAsync<long>(Database, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()", ct: ct) == 1, TimeSpan.FromSeconds(10), "the bystander reads");

        var crashes = Crashes();
        var e = await Assert.ThrowsAsync<DeadlyReadException>(() => deadly.GuardAsync(connection, victim, "SELECT md5(note) FROM public.victim", token => RunAsync(connection, "SELECT count(md5(note)) FROM public.victim", token), default));
        Assert.That(e!.Read.How, Is.EqualTo("the server crashed"));
        Assert.That(async () => await bystander, Throws.InstanceOf<NpgsqlException>(), "it only lost its session");
        Assert.That(Crashes() - crashes, Is.EqualTo(1));

        var finding = deadly.Findings.Single();
        Assert.That((finding.Kind, finding.Severity, finding.Object.Quoted, finding.Repair), Is.EqualTo((FindingKind.DeadlyRead, Severity.Critical, "public.victim", (string?)null)));
        Assert.That(finding.Detail, Does.Contain("SELECT md5(note) FROM public.victim").And.Contain("check probe"));

        await using var again = await _target.OpenCheckAsync(default);
        foreach (var later in new[] { deadly, await OpenAsync("probe", memory) })
        {
            await Assert.ThrowsAsync<DeadlyReadException>(() => later.GuardAsync(again, victim, "x", NeverAsync, default));
            Assert.That(later.Reason, Does.Contain("public.victim"));
            Assert.That(later.Findings.Single().Detail, Is.EqualTo(finding.Detail));
            Assert.That(await later.GuardAsync(again, await NameAsync("sound"), "x", token => CountAsync(again, "sound", token), default), Is.EqualTo(1000));
        }
        var other = await OpenAsync("another", memory);
        Assert.That(await other.GuardAsync(again, victim, "x", token => CountAsync(again, "victim", token), default), Is.EqualTo(30), "another check reads it in another way");
        Assert.That(await (await OpenAsync("probe", memory)).GuardAsync(again, victim with { Oid = 1 }, "x", token => CountAsync(again, "victim", token), default), Is.EqualTo(30), "made anew under the same name");
    }

    [Test]
    public async Task The_check_of_btrees_brings_the_server_down_once_and_looks_at_everything_else()
    {
        var memory = new RememberedInMemory();
        var crashes = Crashes();
        foreach (var run in new[] { "the first", "the second" })
        {
            var report = await new BtreeCheck().RunAsync(new(_target, CheckScope.All) { Memory = memory, Jobs = 3 }, default);
            Assert.That(Crashes() - crashes, Is.EqualTo(1), run);
            Assert.That(report.Findings.Select(f => (f.Kind, f.Object.Quoted)), Is.EqualTo(new[] { (FindingKind.DeadlyRead, "public.victim") }), report.Reason);
            Assert.That(report.Findings[0].Detail, Does.Match(@"bt_index_check\('public\.victim_(note_idx|pkey)', true\)"));
            Assert.That(report.Reason, Is.EqualTo("fenced off, since reading it is deadly: public.victim"));
            Assert.That(report.ExaminedNames, Does.Contain("public.sound_pkey").And.Contain("pg_catalog.pg_class_oid_index").And.Not.Contain("public.victim"));
        }
    }

    [Test]
    public async Task A_read_that_cannot_be_cancelled_is_found_and_fenced_off()
    {
        var blocks = await _cluster.ScalarAsync<long>(Database, "CHECKPOINT; SELECT pg_relation_size('looped_tags_idx') / 8192");
        await new Damage(_cluster, Database).Editor.EditAsync("looped_tags_idx", null, (file, fix) =>
        {
            for (var block = 1; block < blocks; block++)
            {
                file.Write(block, new byte[PageFile.PageSize], fix);
            }
        });
        var memory = new RememberedInMemory();
        var deadly = await OpenAsync("probe", memory);
        await using var connection = await _target.OpenCheckAsync(default);
        await RunAsync(connection, "SET enable_seqscan = off", default);
        var pid = connection.ProcessID;
        try
        {
            var e = await Assert.ThrowsAsync<DeadlyReadException>(async () => await deadly.GuardAsync(connection, await NameAsync("looped_tags_idx"), "SELECT ... tags @> '{5}'",
                token => RunAsync(connection, "SELECT count(*) FROM public.looped WHERE tags @> '{5}'", token), default, limit: TimeSpan.FromSeconds(2), risky: true));
            Assert.That(e!.Read.How, Does.Contain($"the backend {pid} did not react to being cancelled and ignores pg_terminate_backend too").And.Contain("restart"));
            Assert.That(deadly.Findings.Single().Object.Quoted, Is.EqualTo("public.looped_tags_idx"));
            Assert.That(await memory.RecallAllAsync((await _target.FactsAsync(default)).Id, "reading:probe", default), Is.Empty, "the note is settled");
        }
        finally
        {
            ProcessTable.Send(pid, Signal.Kill);
            await Poll.UntilAsync(_ => AnswersAsync(), TimeSpan.FromSeconds(20), "the server is back");
            _target.Forget();
        }
    }

    [Test]
    public async Task What_only_takes_long_is_called_back_and_not_fenced()
    {
        var deadly = await OpenAsync("probe", new RememberedInMemory());
        await using var connection = await _target.OpenCheckAsync(default);
        var e = await Assert.ThrowsAsync<PostgresException>(async () => await deadly.GuardAsync(connection, await NameAsync("sound"), "x",
            token => RunAsync(connection, "SELECT pg_sleep(60)", token), default, limit: TimeSpan.FromSeconds(1)));
        Assert.That((e!.SqlState, deadly.Findings.Count), Is.EqualTo(("57014", 0)));
        Assert.That(await deadly.GuardAsync(connection, await NameAsync("sound"), "x", token => CountAsync(connection, "sound", token), default), Is.EqualTo(1000));
    }

    [Test]
    public async Task Nobody_left_to_tell_twice_is_taken_for_deadly()
    {
        var memory = new RememberedInMemory();
        var name = await NameAsync("sound");
        for (var time = 1; time <= 3; time++)
        {
            var deadly = await OpenAsync("probe", memory);
            await using var connection = await _target.OpenCheckAsync(default);
            using var stopped = new CancellationTokenSource();
            var read = deadly.GuardAsync(connection, name, "SELECT FROM public.sound", async token =>
            {
                await stopped.CancelAsync();
                await RunAsync(connection, "SELECT pg_sleep(60)", token);
            }, stopped.Token, risky: true);
            if (time == 3)
            {
                Assert.That((await Assert.ThrowsAsync<DeadlyReadException>(() => read))!.Read.How, Does.StartWith("2 times in a row the server went down"));
                return;
            }
            Assert.That(async () => await read, Throws.InstanceOf<OperationCanceledException>());
            await _cluster.Server.RestartAsync(StopMode.Immediate);
            _target.Forget();
        }
    }

    private async Task<DeadlyReads> OpenAsync(string check, ICheckMemory memory)
    {
        var reads = await DeadlyReads.OpenAsync(check, new(_target, CheckScope.All) { Memory = memory }, await _target.FactsAsync(default), default);
        reads.Patience = TimeSpan.FromSeconds(2);
        return reads;
    }

    private int Crashes() => _cluster.Server.Log.Split(Crash).Length - 1;

    private async Task<bool> AnswersAsync()
    {
        try
        {
            return await _cluster.ScalarAsync<int>(Database, "SELECT 1") == 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }

    private async Task<RelationName> NameAsync(string relation) =>
        new(await _cluster.ScalarAsync<long>(Database, "SELECT @relation::regclass::oid::bigint", new { relation }), $"public.{relation}");

    private static Task NeverAsync(CancellationToken cancel) => throw new InvalidOperationException("it was read");

    private static async Task<long> CountAsync(NpgsqlConnection connection, string table, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand($"SELECT count(*) FROM public.{table}", connection);
        return (long)(await command.ExecuteScalarAsync(cancel))!;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancel);
    }
}
