using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Targets;

[TestFixture]
internal sealed class TargetSessionTests
{
    private PgCluster _cluster = null!;

    [OneTimeSetUp]
    public async Task StartAsync() => _cluster = await PgCluster.StartNewAsync();

    [OneTimeTearDown]
    public async Task StopAsync() => await _cluster.DisposeAsync();

    [Test]
    public async Task ACheckSessionCannotWriteEvenAfterThePoolHasResetIt()
    {
        await using var target = Target();
        for (var round = 0; round < 2; round++)
        {
            await using var connection = await target.OpenCheckAsync(CancellationToken.None);
            await using var command = new NpgsqlCommand("CREATE TABLE should_not_be (a int)", connection);
            var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync());
            Assert.That(refused!.SqlState, Is.EqualTo(SqlState.ReadOnlySqlTransaction));
        }
    }

    [Test]
    public async Task ARepairSessionIsItsOwnAndWatchesItsClient()
    {
        await using var target = Target();
        await using var connection = await target.OpenRepairAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand("SELECT current_setting('client_connection_check_interval') || ' ' || current_setting('lock_timeout')", connection);
        Assert.That(await command.ExecuteScalarAsync(), Is.EqualTo("2s 2s"));
        var pid = connection.ProcessID;
        await connection.CloseAsync();
        await Poll.UntilAsync(async ct => await _cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_activity WHERE pid = @pid", new { pid }, ct) == 0, TimeSpan.FromSeconds(5), "the session is gone");
    }

    [Test]
    public async Task ACheckSessionIsNotKeptUntilTheNextCheck()
    {
        await using var target = Target();
        int pid;
        await using (var connection = await target.OpenCheckAsync(CancellationToken.None))
        {
            pid = connection.ProcessID;
        }
        await Poll.UntilAsync(async ct => await _cluster.ScalarAsync<long>("postgres", "SELECT count(*) FROM pg_stat_activity WHERE pid = @pid", new { pid }, ct) == 0, TimeSpan.FromMinutes(2), "the idle session is gone");
    }

    [TestCase("", 10)]
    [TestCase(";Connection Idle Lifetime=90", 90)]
    public void HowLongASessionIsKeptIsTheOwnersToSay(string said, int expected) =>
        Assert.That(TargetConnection.ForChecks(new TargetOptions { Name = "t", Connection = $"Host=h;Database=d{said}" }).ConnectionIdleLifetime, Is.EqualTo(expected));

    [Test]
    public async Task FactsTellWhoItIs()
    {
        await using var target = Target();
        var facts = await target.FactsAsync(CancellationToken.None);
        Assert.Multiple(() =>
        {
            Assert.That(facts.Id.SystemIdentifier, Does.Match("^[0-9]{10,}$"));
            Assert.That(facts.Database, Is.EqualTo("postgres"));
            Assert.That(facts.Major, Is.EqualTo(_cluster.Options.Binaries.Major));
            Assert.That(facts.IsStandby, Is.False);
            Assert.That(facts.DataDirectory, Is.EqualTo(_cluster.DataDirectory));
        });
    }

    [TestCase("Host=127.0.0.1;Port=1;Database=postgres;Username=x;Password=s3cret-word", "cannot be reached")]
    [TestCase("Host;;=nonsense=s3cret-word", "cannot be used")]
    public async Task WhatCannotBeReachedSaysSoWithoutThePassword(string connection, string what)
    {
        await using var target = new Target(new TargetOptions { Name = "t", Connection = connection }, TimeProvider.System);
        var e = await Assert.ThrowsAsync<HealingException>(() => target.FactsAsync(CancellationToken.None));
        Assert.Multiple(() =>
        {
            Assert.That(e!.Message, Does.Contain(what));
            Assert.That(e.ToString(), Does.Not.Contain("s3cret-word"));
            Assert.That(e.Hint, Is.Not.Empty);
        });
    }

    [Test]
    public async Task AWrongPasswordIsCalledThat()
    {
        await using var target = new Target(new TargetOptions { Name = "t", Connection = _cluster.TcpConnectionString("postgres", password: "wrong-one") }, TimeProvider.System);
        var e = await Assert.ThrowsAsync<HealingException>(() => target.FactsAsync(CancellationToken.None));
        Assert.That(e!.Message, Does.Contain("refused the user").And.Not.Contain("wrong-one"));
    }

    private Target Target() => new(new TargetOptions { Name = "t", Connection = _cluster.ConnectionString("postgres") }, TimeProvider.System);
}
