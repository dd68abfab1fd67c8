using System.Diagnostics;
using System.Text.Json.Nodes;
using HealingWorkers.Drill;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Errors;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Backups;

/// <summary>A disposable server: it comes up from a copy of files, keeps to itself, and goes, whatever becomes of its maker.</summary>
[TestFixture]
internal sealed class ProofCloneTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private PgCluster _cluster = null!;
    private DirectoryInfo _state = null!;
    private string _copy = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _state = Directory.CreateTempSubdirectory("healing-clones-");
        File.SetUnixFileMode(_state.FullName, (UnixFileMode)0b111_101_101);
        _cluster = await PgCluster.StartNewAsync(new() { Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["max_connections"] = "73", ["max_prepared_transactions"] = "7", ["archive_mode"] = "on", ["archive_command"] = "false" } });
        await MoviesSchema.CreateAsync(_cluster, "movies", 500);
        // what the copy must not act on: somebody else's primary, a library that is nowhere
        await _cluster.ExecuteAsync("postgres", "ALTER SYSTEM SET primary_conninfo = 'host=192.0.2.1'; ALTER SYSTEM SET restore_command = 'touch /tmp/never %f'");
        // user code that must not run on a copy
        await _cluster.ExecuteAsync("movies", "CREATE FUNCTION public.calls_out() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'it ran'; END $$; CREATE EVENT TRIGGER \"calls \"\"out\" ON ddl_command_start EXECUTE FUNCTION public.calls_out(); ALTER EVENT TRIGGER \"calls \"\"out\" ENABLE ALWAYS");
        _copy = Path.Combine(_state.FullName, "copy");
        var (code, said) = await Jobs.Targets.Programs.TryRunAsync(["/usr/lib/postgresql/15/bin/pg_basebackup", "-D", Path.Combine(_copy, "data"), "-h", _cluster.SocketDirectory, "-p", $"{_cluster.Port}", "-U", "postgres", "-c", "fast", "-X", "stream"], default);
        Assert.That(code, Is.Zero, said);
        await File.AppendAllTextAsync(Path.Combine(_copy, "data", "postgresql.auto.conf"), "shared_preload_libraries = 'nowhere_to_be_found'\n");
    }

    [OneTimeTearDown]
    public async Task EndAsync()
    {
        await _cluster.DisposeAsync();
        _state.Delete(recursive: true);
    }

    [Test]
    public async Task What_is_truncated_or_replaced_while_rows_are_counted_is_not_compared()
    {
        await _cluster.CreateDatabaseAsync("moving");
        await _cluster.ExecuteAsync("moving", "CREATE TABLE cut AS SELECT generate_series(1, 10) n; CREATE TABLE swapped AS SELECT generate_series(1, 20) n; CREATE TABLE anew AS SELECT generate_series(1, 30) n; CREATE TABLE still AS SELECT generate_series(1, 40) n");
        await using var session = await _cluster.OpenAsync("moving");
        await using var snapshot = await session.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        await using (var see = new Npgsql.NpgsqlCommand("SELECT 1", session))
        {
            await see.ExecuteScalarAsync();
        }
        await _cluster.ExecuteAsync("moving", "TRUNCATE cut; ALTER TABLE swapped RENAME TO before; CREATE TABLE swapped (n int); INSERT INTO still VALUES (0)");
        await _cluster.ExecuteAsync("moving", "VACUUM FULL anew");
        var counted = (await RowCounts.WithinAsync(session, physical: true, _ => { }, default)).ToDictionary(t => t.Table, t => (t.Rows, t.Why), StringComparer.Ordinal);
        Assert.That(counted["public.still"], Is.EqualTo((40L, null as string)));
        foreach (var table in new[] { "cut", "swapped", "anew" })
        {
            Assert.That(counted[$"public.{table}"], Is.EqualTo((null as long?, RowCounts.WrittenAnew)), table);
        }
    }

    [Test]
    public async Task It_holds_the_same_rows_keeps_to_itself_and_is_gone_afterwards()
    {
        string folder;
        await using (var clone = await MakeAsync())
        {
            folder = clone.Folder;
            await clone.StartAsync(keepRecovery: false, ["nobody_of_that_name"], Limit, default);
            Assert.That(clone.Control!.SystemIdentifier, Is.EqualTo(await _cluster.ScalarAsync<string>("postgres", "SELECT system_identifier::text FROM pg_control_system()")));
            Assert.That(await ScalarAsync(clone, "movies", "SELECT count(*) FROM public.movies"), Is.EqualTo(await _cluster.ScalarAsync<long>("movies", "SELECT count(*) FROM movies")));
            var settings = await ScalarAsync(clone, "movies", "SELECT string_agg(name || '=' || setting, ' ' ORDER BY name) FROM pg_settings WHERE name IN ('listen_addresses', 'archive_mode', 'primary_conninfo', 'restore_command', 'shared_preload_libraries', 'max_connections', 'max_prepared_transactions', 'autovacuum')");
            Assert.That(settings, Is.EqualTo("archive_mode=off autovacuum=off listen_addresses= max_connections=73 max_prepared_transactions=7 primary_conninfo= restore_command= shared_preload_libraries="));
            await using (var session = await clone.OpenAsync("movies", default))
            {
                await using var ddl = new Npgsql.NpgsqlCommand("CREATE TABLE public.made_here (id int)", session);
                Assert.That(async () => await ddl.ExecuteNonQueryAsync(), Throws.Nothing, "its event triggers are silent");
            }
            Assert.That(await ScalarAsync(clone, "movies", "SELECT evtenabled::text FROM pg_event_trigger"), Is.EqualTo("R"), "which the check of triggers does not take for switched off");
            Assert.That((await House().SweepAsync(default), Directory.Exists(folder)), Is.EqualTo((Array.Empty<string>(), true)), "it is in use");
        }
        Assert.That(Directory.Exists(folder), Is.False);
        Assert.That(Jobs.Targets.SocketPlace.PlaceFor(folder), Does.Not.Exist);
        Assert.That(Servers(folder), Is.Empty);
    }

    [Test]
    public async Task A_missing_wal_file_is_told_by_its_name()
    {
        await using var clone = await MakeAsync();
        var wal = Directory.EnumerateFiles(Path.Combine(clone.Data, "pg_wal")).Order(StringComparer.Ordinal).First();
        File.Delete(wal);
        var e = await Assert.ThrowsAsync<HealingException>(() => clone.StartAsync(keepRecovery: false, [], Limit, default));
        Assert.That(e!.Message, Does.Contain($"WAL file {Path.GetFileName(wal)} is missing"));
    }

    [Test]
    public async Task What_leads_out_of_the_copy_is_not_started()
    {
        await using var clone = await MakeAsync();
        Directory.CreateSymbolicLink(Path.Combine(clone.Data, "pg_tblspc", "16999"), _cluster.DataDirectory);
        var e = await Assert.ThrowsAsync<HealingException>(() => clone.StartAsync(keepRecovery: false, [], Limit, default));
        Assert.That(e!.Message, Does.Contain("16999").And.Contain(_cluster.DataDirectory).And.Contain("out of the copy"));
        Assert.That(_cluster.Server.IsRunning, Is.True);
    }

    [Test]
    public async Task What_cannot_be_brought_to_consistency_says_so_in_the_servers_words()
    {
        await using var clone = await MakeAsync();
        File.Delete(Path.Combine(clone.Data, "backup_manifest"));
        foreach (var wal in Directory.EnumerateFiles(Path.Combine(clone.Data, "pg_wal")))
        {
            File.Delete(wal);
        }
        var e = await Assert.ThrowsAsync<HealingException>(() => clone.StartAsync(keepRecovery: false, [], Limit, default));
        Assert.That(e!.Message, Does.StartWith("the restored server does not start: ").And.Contain("checkpoint record"));
    }

    [Test]
    public async Task Room_is_foreseen()
    {
        var house = new CloneHouse(Path.Combine(_state.FullName, "clones"), "", "test", TimeProvider.System, static _ => 300L << 20);
        var e = await Assert.ThrowsAsync<HealingException>(() => house.MakeAsync("proof", 100L << 20, default));
        Assert.That(e!.Message, Does.Contain("366 MB are needed and 300 MB are free"));
    }

    [Test]
    public async Task What_a_killed_process_left_is_ended_and_swept()
    {
        var clone = await MakeAsync();
        await clone.StartAsync(keepRecovery: false, [], Limit, default);
        // the note of a process that is no more
        using var dead = Process.Start("/bin/true");
        await dead.WaitForExitAsync();
        var note = Path.Combine(clone.Folder, "clone.json");
        var json = JsonNode.Parse(await File.ReadAllTextAsync(note))!;
        (json["pid"], json["started"]) = (dead.Id, 1);
        await File.WriteAllTextAsync(note, json.ToJsonString());
        Assert.That(Servers(clone.Folder), Is.Not.Empty);

        Assert.That(await House().SweepAsync(default), Is.EqualTo(new[] { clone.Folder }));

        Assert.That((Directory.Exists(clone.Folder), Servers(clone.Folder)), Is.EqualTo((false, Array.Empty<int>())));
        await clone.DisposeAsync();
    }

    private CloneHouse House() => new(Path.Combine(_state.FullName, "clones"), "", "test", TimeProvider.System, static d => new DriveInfo(d).AvailableFreeSpace);

    private async Task<Clone> MakeAsync()
    {
        var clone = await House().MakeAsync("proof", 1 << 20, default);
        await clone.CopyBaseAsync(_copy, default);
        return clone;
    }

    private static async Task<object?> ScalarAsync(Clone clone, string database, string sql)
    {
        await using var connection = await clone.OpenAsync(database, default);
        await using var command = new Npgsql.NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync();
    }

    private static int[] Servers(string folder) => [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
        .Where(p => int.TryParse(p, System.Globalization.CultureInfo.InvariantCulture, out _)).Select(p => int.Parse(p!, System.Globalization.CultureInfo.InvariantCulture))
        .Where(p => ProcessTable.IsAlive(p) && ProcessTable.CommandLine(p).Contains($"-D {folder}", StringComparison.Ordinal))];
}
