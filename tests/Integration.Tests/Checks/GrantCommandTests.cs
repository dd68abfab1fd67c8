using HealingWorkers.Jobs.Checks;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Checks;

[TestFixture, NonParallelizable]
public sealed class GrantCommandTests
{
    private string _database = "";

    [OneTimeSetUp]
    public async Task GrantAsync()
    {
        _database = await CheckCluster.MoviesAsync();
        await CheckCluster.Cluster.ExecuteAsync(
            _database,
            """
            DROP EXTENSION amcheck;
            CREATE ROLE studio; CREATE ROLE stranger LOGIN; CREATE ROLE watcher LOGIN; CREATE ROLE mender LOGIN; CREATE ROLE reader LOGIN;
            ALTER TABLE movies OWNER TO studio;
            REVOKE ALL ON SCHEMA public FROM PUBLIC;
            """);
        for (var time = 0; time < 2; time++)
        {
            var result = await HealingExecutable.RunAsync("grant", "--connection", CheckCluster.Cluster.ConnectionString(_database));
            Assert.That(result.ExitCode, Is.Zero, result.Error);
            Assert.That(result.Error, Does.Contain("superuser postgres"), "whose tables are left out");
        }
        await CheckCluster.Cluster.ExecuteAsync(_database, "GRANT healing_detect TO watcher; GRANT healing_repair TO mender; GRANT healing_rest TO reader");
    }

    [Test]
    public async Task The_detecting_role_can_run_every_check_that_reads_no_row_and_is_told_what_the_others_need()
    {
        foreach (var check in CheckCatalogue.All.Where(c => c.Description.Ground == Ground.Live && c.Description.FirstMajor <= PgBinaries.Default.Major))
        {
            var report = await CheckCluster.RunAsync(check, _database, memory: new RememberedInMemory(), user: "watcher");
            var reads = report.Status == CheckStatus.Unavailable && (report.Reason!.Contains("permission denied", StringComparison.Ordinal) || report.Reason.Contains("pg_read_all_data", StringComparison.Ordinal));
            Assert.That(reads || (report.Status == CheckStatus.Clean && check is not CountsCheck), Is.True, $"{check.Description.Name}: {report.Reason}");
        }
        Assert.That(await TryAsync("watcher", "SELECT FROM public.movies"), Is.EqualTo("42501"));
        Assert.That(await TryAsync("watcher", "REINDEX INDEX CONCURRENTLY public.movies_pkey"), Is.EqualTo("42501"));
    }

    [Test]
    public async Task Who_may_not_ask_for_a_checkpoint_does_not_tell_what_nobody_could_look_at_again()
    {
        await CheckCluster.Cluster.ExecuteAsync(_database, "CREATE TABLE public.doubted (id int PRIMARY KEY, place point); INSERT INTO public.doubted SELECT n, point(n, n) FROM generate_series(1, 3000) n; CREATE INDEX doubted_place ON public.doubted USING gist (place); GRANT SELECT ON public.doubted TO watcher");
        await new Damage(CheckCluster.Cluster, _database).OtherIndex.KillEntryAsync("doubted_place");
        var scope = CheckScope.OfIndexes(await CheckCluster.OidAsync(_database, "public.doubted_place"));
        var sure = await CheckCluster.RunAsync(new IndexProbeCheck(), _database, scope, memory: new RememberedInMemory());
        Assert.That(sure.Findings, Has.Count.EqualTo(1), "who may ask is certain");
        var report = await CheckCluster.RunAsync(new IndexProbeCheck(), _database, scope, memory: new RememberedInMemory(), user: "watcher");
        Assert.That(report.Findings, Is.Empty);
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Unavailable));
        Assert.That(report.Reason, Does.Contain("the role may not ask for a checkpoint"));
        await CheckCluster.Cluster.ExecuteAsync(_database, "DROP TABLE public.doubted");
    }

    [Test]
    public async Task The_detecting_role_finds_damage()
    {
        var index = await CheckCluster.OidAsync(_database, "public.people_pkey");
        await new Damage(CheckCluster.Cluster, _database).Index.ZeroLeafAsync("public.people_pkey");
        var report = await CheckCluster.RunAsync(new BtreeCheck(), _database, CheckScope.OfIndexes(index), user: "watcher");
        await CheckCluster.Cluster.ExecuteAsync(_database, "REINDEX INDEX public.people_pkey");
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Damaged));
    }

    [Test]
    public async Task Without_the_right_it_is_unavailable_and_names_the_grant()
    {
        var report = await CheckCluster.RunAsync(new BtreeCheck(), _database, user: "stranger");
        Assert.That(report.Status, Is.EqualTo(CheckStatus.Unavailable));
        Assert.That(report.Reason, Does.Contain("GRANT healing_detect TO stranger"));
    }

    [Test]
    public async Task The_repairing_role_rebuilds_what_the_owners_own_and_no_more()
    {
        Assert.That(await TryAsync("mender", "REINDEX INDEX CONCURRENTLY public.movies_pkey"), Is.Null);
        Assert.That(await TryAsync("mender", "REINDEX INDEX CONCURRENTLY public.people_pkey"), Is.EqualTo(PgBinaries.Default.Major < 17 ? "42501" : null));
        Assert.That(await TryAsync("mender", "SELECT pg_read_binary_file('PG_VERSION', 0, 1, true)"), Is.EqualTo("42501"));
        Assert.That(await TryAsync("mender", "CHECKPOINT"), Is.EqualTo(PgBinaries.Default.Major < 15 ? "42501" : null));
    }

    [Test]
    public async Task The_role_for_the_rest_reads_the_servers_files() =>
        Assert.That(await TryAsync("reader", "SELECT pg_read_binary_file('PG_VERSION', 0, 1, true), pg_stat_file('PG_VERSION', true)"), Is.Null);

    [Test]
    public async Task Who_may_not_grant_is_told_to_ask()
    {
        var result = await HealingExecutable.RunAsync("grant", "--connection", CheckCluster.Cluster.ConnectionString(_database, "stranger"));
        Assert.That(result.ExitCode, Is.EqualTo(1));
        Assert.That(result.Error, Does.Contain("error: ").And.Contain("--print"));
    }

    [Test]
    public async Task Printing_shows_the_sql_and_needs_no_server()
    {
        var result = await HealingExecutable.RunAsync("grant", "--print");
        Assert.That(result.ExitCode, Is.Zero);
        Assert.That(result.Output, Does.Contain("healing_detect").And.Contain("CREATE EXTENSION IF NOT EXISTS amcheck"));
    }

    private async Task<string?> TryAsync(string user, string sql)
    {
        await using var connection = new NpgsqlConnection(CheckCluster.Cluster.ConnectionString(_database, user) + ";Pooling=false");
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        try
        {
            await command.ExecuteNonQueryAsync();
            return null;
        }
        catch (PostgresException e)
        {
            return e.SqlState;
        }
    }
}
