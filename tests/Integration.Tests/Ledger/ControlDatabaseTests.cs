using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Ledger;

public sealed class ControlDatabaseTests
{
    private FreshLedger _ledger = null!;

    [SetUp]
    public async Task SetUp() => _ledger = await FreshLedger.CreateEmptyAsync();

    [TearDown]
    public async Task TearDown() => await _ledger.DisposeAsync();

    [Test]
    public async Task Unreachable()
    {
        var error = await RefusedAsync($"Host=127.0.0.1;Port={FreePort.Pick()};Database=x;Username=u;Password=swordfish");
        Assert.That(error.Message, Does.Contain("cannot be reached").And.Not.Contain("swordfish"));
        Assert.That(error.Hint, Does.Contain("control.connection"));
    }

    [Test]
    public async Task Wrong_password()
    {
        var error = await RefusedAsync(_ledger.Cluster.TcpConnectionString(_ledger.Database, password: "swordfish"));
        Assert.That(error.Message, Does.Contain("refused the user postgres").And.Not.Contain("swordfish"));
    }

    [Test]
    public async Task No_such_database() =>
        Assert.That((await RefusedAsync(_ledger.Cluster.ConnectionString("nowhere"))).Hint, Does.Contain("CREATE DATABASE nowhere"));

    [Test]
    public async Task A_standby()
    {
        await using var standby = await PgStandby.StartNewAsync(_ledger.Cluster);
        var error = await RefusedAsync(standby.ConnectionString(_ledger.Database));
        Assert.That(error.Message, Does.Contain("standby"));
        Assert.That(error.Hint, Does.Contain("Target Session Attributes=primary"));
    }

    [Test]
    public async Task No_right_to_connect()
    {
        await RoleAsync("nobody_at_all");
        await _ledger.ExecuteAsync($"REVOKE CONNECT ON DATABASE {_ledger.Database} FROM public");
        Assert.That((await RefusedAsync(_ledger.Cluster.ConnectionString(_ledger.Database, "nobody_at_all"))).Hint, Does.Contain("GRANT CONNECT"));
    }

    [Test]
    public async Task No_right_to_create_the_schema_and_what_the_hint_says_helps()
    {
        await RoleAsync("Poor one");
        var connection = _ledger.Cluster.ConnectionString(_ledger.Database, "Poor one");
        var error = await RefusedAsync(connection);
        Assert.That(error.Hint, Does.Contain("CREATE SCHEMA healing AUTHORIZATION \"Poor one\"").And.Contain("GRANT CREATE ON DATABASE"));
        await _ledger.ExecuteAsync("CREATE SCHEMA healing AUTHORIZATION \"Poor one\"");
        Assert.That((await new Migrator(connection, TimeProvider.System).MigrateAsync(null, default)).Applied, Is.Not.Empty);
    }

    [Test]
    public void Another_answer_of_the_server_is_passed_on()
    {
        var error = ControlDatabase.Explain(new PostgresException("too many", "FATAL", "FATAL", "53300"), new NpgsqlConnectionStringBuilder("Host=h;Database=d"));
        Assert.That(error.Message, Does.Contain("53300").And.Contain("too many"));
    }

    private static Task<HealingException> RefusedAsync(string connection) =>
        Refusal.OfAsync(() => new Migrator(connection, TimeProvider.System).MigrateAsync(null, default));

    private Task RoleAsync(string name) => _ledger.ExecuteAsync(
        $"DO $$ BEGIN CREATE ROLE {Quote.Identifier(name)} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
}
