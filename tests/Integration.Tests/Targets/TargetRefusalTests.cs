using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Targets;

[TestFixture]
internal sealed class TargetRefusalTests
{
    private PgCluster _cluster = null!;

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        _cluster = await PgCluster.StartNewAsync();
        await _cluster.ExecuteAsync(
            "postgres",
            """
            CREATE ROLE plain LOGIN; CREATE ROLE lonely LOGIN CONNECTION LIMIT 0; CREATE ROLE locked NOLOGIN;
            REVOKE CONNECT ON DATABASE template1 FROM PUBLIC;
            CREATE EXTENSION amcheck;
            """);
    }

    [OneTimeTearDown]
    public async Task StopAsync() => await _cluster.DisposeAsync();

    [TestCase("nowhere", "postgres", "no such database")]
    [TestCase("template1", "plain", "may not")]
    [TestCase("postgres", "lonely", "no connection left")]
    [TestCase("postgres", "locked", "refused the user")]
    [TestCase("postgres", "nobody_at_all", "refused the user")]
    public async Task Who_is_not_let_in_is_told_why(string database, string user, string why)
    {
        await using var target = Of(_cluster.ConnectionString(database, user));
        var e = await Assert.ThrowsAsync<HealingException>(() => target.OpenCheckAsync(CancellationToken.None));
        Assert.That(e!.Message, Does.Contain(why));
        Assert.That(e.Hint, Is.Not.Empty);
    }

    [Test]
    public async Task A_server_too_old_is_refused_by_its_version()
    {
        await using var old = new OldServer();
        await using var target = Of(old.ConnectionString);
        var e = await Assert.ThrowsAsync<HealingException>(() => target.FactsAsync(CancellationToken.None));
        Assert.That(e!.Message, Does.Contain("9.6").And.Contain("older than 14"));
        Assert.That(e.Hint, Does.Contain("upgrade"));
    }

    [Test]
    public async Task On_a_standby_checks_run_and_repairs_do_not()
    {
        await using var standby = await PgStandby.StartNewAsync(_cluster);
        await standby.WaitForReplayAsync();
        await using var target = Of(standby.ConnectionString("postgres"));
        Assert.That((await target.FactsAsync(CancellationToken.None)).IsStandby, Is.True);
        var onlyOnPrimary = new List<string>();
        foreach (var check in CheckCatalogue.All.Where(c => c.Description.Ground == Ground.Live && c.Description.FirstMajor <= _cluster.Options.Binaries.Major))
        {
            var report = await check.RunAsync(new(target, CheckScope.All), CancellationToken.None);
            Assert.That(report.Status, Is.AnyOf(CheckStatus.Clean, CheckStatus.Unavailable), $"{check.Description.Name}: {report.Reason}");
            if (report.Status == CheckStatus.Unavailable)
            {
                onlyOnPrimary.Add(check.Description.Name);
                Assert.That(report.Reason, Does.Contain("standby"));
            }
        }
        Assert.That(onlyOnPrimary, Is.EquivalentTo(["leftovers", "index_probe", "visibility"]));
        var e = await Assert.ThrowsAsync<HealingException>(() => target.OpenRepairAsync(CancellationToken.None));
        Assert.That(e!.Message, Does.Contain("standby"));

        await using var both = Of($"Host={standby.SocketDirectory}:{standby.Port},{_cluster.SocketDirectory}:{_cluster.Port};Database=postgres;Username=postgres");
        await using var repair = await both.OpenRepairAsync(CancellationToken.None);
        Assert.That(repair.Port, Is.EqualTo(_cluster.Port), "of both the primary");
    }

    [TestCase("transaction", "pools transactions")]
    [TestCase("session", null)]
    public async Task A_proxy_that_pools_transactions_is_refused_for_repairs(string mode, string? why)
    {
        await using var bouncer = await BouncerAsync(mode);
        await using var target = new Target(
            new TargetOptions { Name = "t", Connection = _cluster.ConnectionString("postgres"), Connections = { Repair = bouncer.ConnectionString } }, TimeProvider.System);
        if (why is null)
        {
            await using var session = await target.OpenRepairAsync(CancellationToken.None);
            return;
        }
        var e = await Assert.ThrowsAsync<HealingException>(() => target.OpenRepairAsync(CancellationToken.None));
        Assert.That(e!.Message, Does.Contain(why));
        Assert.That(e.Hint, Does.Contain("connections.repair"));
    }

    [Test]
    public async Task A_proxy_that_drops_the_settings_of_a_check_session_is_refused()
    {
        await using var bouncer = await BouncerAsync("session");
        await using var target = Of(bouncer.ConnectionString);
        var e = await Assert.ThrowsAsync<HealingException>(() => target.OpenCheckAsync(CancellationToken.None));
        Assert.That(e!.Message, Does.Contain("read-only"));
    }

    private async Task<PgBouncer> BouncerAsync(string mode)
    {
        if (!PgBouncer.IsInstalled)
        {
            Assert.Ignore("pgbouncer is not installed here.");
        }
        return await PgBouncer.StartAsync(_cluster, mode);
    }

    private static Target Of(string connection) => new(new TargetOptions { Name = "t", Connection = connection }, TimeProvider.System);
}
