using HealingWorkers.Drill;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>Healthy things that look sick to whoever looks from the wrong place, and what cannot be seen, which is no clean bill.</summary>
[TestFixture, NonParallelizable]
public sealed class FalseAlarmTests
{
    private static PgCluster Cluster => CheckCluster.Cluster;
    private string _database = "";

    [SetUp]
    public async Task MakeAsync() => _database = await CheckCluster.MoviesAsync();

    [Test]
    public async Task A_transaction_in_another_database_makes_no_visibility_map_wrong()
    {
        await using var other = await Cluster.OpenAsync("postgres");
        await RunAsync(other, "BEGIN; SELECT pg_current_xact_id()");
        await Cluster.ExecuteAsync(_database, "CREATE EXTENSION pg_visibility; CREATE TABLE fresh AS SELECT generate_series(1, 900) i");
        await Cluster.ExecuteAsync(_database, "VACUUM fresh");
        Assert.That(await Cluster.ScalarAsync<long>(_database, "SELECT count(*) FROM pg_check_visible('fresh')"), Is.EqualTo(900), "the server's own function is mistaken");
        var report = await CheckCluster.RunAsync(new VisibilityCheck(), _database);
        Assert.That((report.Status, report.Findings.Count), Is.EqualTo((CheckStatus.Clean, 0)), report.Reason);
        Assert.That(report.ExaminedNames, Does.Contain("public.fresh"));
    }

    [Test]
    public async Task A_tablespace_that_cannot_be_seen_from_here_is_not_examined()
    {
        var (space, view) = (Directory.CreateDirectory(Path.Combine(Cluster.SocketDirectory, "elsewhere")), Directory.CreateTempSubdirectory("healing-view-"));
        try
        {
            ServerUser.Current.Own(space.FullName);
            await Cluster.ExecuteAsync("postgres", $"CREATE TABLESPACE elsewhere LOCATION '{space.FullName}'");
            await Cluster.ExecuteAsync(_database, """
                CREATE TABLE away (id int PRIMARY KEY USING INDEX TABLESPACE pg_default, tags int[]) TABLESPACE elsewhere;
                INSERT INTO away SELECT n, ARRAY[n % 7, n % 11] FROM generate_series(1, 500) n;
                CREATE TABLE near (id int PRIMARY KEY, tags int[]);
                INSERT INTO near SELECT n, ARRAY[n % 7, n % 11] FROM generate_series(1, 500) n;
                CREATE INDEX near_tags ON near USING gin (tags) TABLESPACE elsewhere;
                CREATE INDEX near_hash ON near USING hash (id) TABLESPACE elsewhere;
                CREATE INDEX near_brin ON near USING brin (id) TABLESPACE elsewhere
                """);
            // the data directory as another machine would mount it: all of it, but for what its links lead to
            foreach (var entry in Directory.EnumerateFileSystemEntries(Cluster.DataDirectory).Where(e => Path.GetFileName(e) != "pg_tblspc"))
                File.CreateSymbolicLink(Path.Combine(view.FullName, Path.GetFileName(entry)), entry);
            Directory.CreateDirectory(Path.Combine(view.FullName, "pg_tblspc"));
            await using var target = new Target(new TargetOptions { Name = _database, Connection = Cluster.ConnectionString(_database), DataDirectory = view.FullName }, TimeProvider.System);
            foreach (var check in new ICheck[] { new IndexProbeCheck(), new RowBitsCheck() })
            {
                var report = await check.RunAsync(new(target, CheckScope.All), CancellationToken.None);
                Assert.That(report.Findings.Select(f => f.Detail), Is.Empty, check.Description.Name);
                Assert.That(report.Status, Is.EqualTo(CheckStatus.Failed), check.Description.Name);
                Assert.That(report.ExaminedNames, Has.None.Matches<string>(n => n is "public.away" or "public.away_pkey" || n!.StartsWith("public.near_", StringComparison.Ordinal) && n != "public.near_pkey"), check.Description.Name);
                Assert.That(report.Reason, Does.Contain("public.away"), check.Description.Name);
            }
        }
        finally
        {
            await Cluster.ExecuteAsync(_database, "DROP TABLE IF EXISTS away, near");
            await Cluster.ExecuteAsync("postgres", "DROP TABLESPACE IF EXISTS elsewhere");
            view.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Numbers_that_begin_anew_each_year_are_no_sequence_behind()
    {
        await Cluster.ExecuteAsync(_database, """
            CREATE SEQUENCE inv;
            CREATE TABLE invoice (year int, no int DEFAULT nextval('inv'), UNIQUE (no, year));
            INSERT INTO invoice (year) SELECT 2025 FROM generate_series(1, 500);
            ALTER SEQUENCE inv RESTART;
            INSERT INTO invoice (year) VALUES (2026), (2026);
            CREATE TABLE parted (id bigserial, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
            CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
            INSERT INTO parted (at) SELECT 1 FROM generate_series(1, 50);
            SELECT setval('parted_id_seq', 3)
            """);
        var report = await CheckCluster.RunAsync(new SequencesCheck(), _database);
        Assert.That(report.Findings.Where(f => f.Kind == FindingKind.SequenceBehind).Select(f => f.Object.Quoted), Is.EqualTo(new[] { "public.parted_id_seq" }));
    }

    [Test]
    public async Task Rows_that_a_policy_hides_are_not_clean()
    {
        await Cluster.ExecuteAsync("postgres", "DROP ROLE IF EXISTS half_blind; CREATE ROLE half_blind LOGIN IN ROLE pg_read_all_data");
        await Cluster.ExecuteAsync(_database, "CREATE TABLE veiled (id int PRIMARY KEY); INSERT INTO veiled SELECT generate_series(1, 100); ALTER TABLE veiled ENABLE ROW LEVEL SECURITY");
        var report = await CheckCluster.RunAsync(new DuplicateKeysCheck(), _database, user: "half_blind");
        Assert.That(report.ExaminedNames, Has.None.EqualTo("public.veiled_pkey").And.Some.EqualTo("public.movies_pkey"));
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Unavailable), report.Reason);
        Assert.That(report.Reason, Does.Contain("row-level security"));
    }

    [Test]
    public async Task A_check_that_depends_on_the_session_is_not_judged_in_ours()
    {
        await Cluster.ExecuteAsync(_database, """
            CREATE TABLE shifts (at timestamptz, day date, by_whom text, CONSTRAINT of_day CHECK (at::date = day), CONSTRAINT own CHECK (by_whom = current_user));
            SET timezone = 'Europe/Berlin';
            INSERT INTO shifts VALUES ('2026-01-01 23:30:00+00', '2026-01-02', current_user);
            ALTER TABLE shifts ADD CONSTRAINT short CHECK (length(by_whom) < 100)
            """);
        var report = await CheckCluster.RunAsync(new RowConstraintsCheck(), _database);
        Assert.That(report.Findings.Select(f => f.Detail), Is.Empty);
        Assert.That(report.Reason, Does.Contain("of_day of public.shifts: it depends on the session").And.Contain("own of public.shifts"));
        Assert.That(report.Reason, Does.Not.Contain("constraint short"));
    }

    [Test]
    public async Task What_is_being_loaded_has_no_orphans_yet()
    {
        await using var loader = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(Cluster.ConnectionString(_database)) { ApplicationName = "pg_restore", Pooling = false }.ConnectionString);
        await loader.OpenAsync();
        await RunAsync(loader, "CREATE TABLE parent (id int PRIMARY KEY); CREATE TABLE child (parent int REFERENCES parent); SET session_replication_role = replica; INSERT INTO child SELECT generate_series(1, 10)");
        var meanwhile = await CheckCluster.RunAsync(new ForeignKeysCheck(), _database);
        Assert.That(meanwhile.Findings.Select(f => f.Detail), Is.Empty);
        Assert.That(meanwhile.Reason, Does.Contain("its tables are being loaded"));
        await loader.CloseAsync();
        await Poll.UntilAsync(async ct => await Cluster.ScalarAsync<bool>(_database, "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'pg_restore')", ct: ct), TimeSpan.FromSeconds(10), "the loader to be gone");
        var after = await CheckCluster.RunAsync(new ForeignKeysCheck(), _database);
        Assert.That(after.Findings.Select(f => f.Object.Quoted), Is.EqualTo(new[] { "public.child" }));
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
