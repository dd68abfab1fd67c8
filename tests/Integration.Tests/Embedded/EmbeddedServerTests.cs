using HealingWorkers.Integration.Tests.Commands;
using HealingWorkers.Drill;
using Npgsql;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Embedded;

/// <summary>The private PostgreSQL, through the executable that embeds it.</summary>
[TestFixture, NonParallelizable]
public sealed class EmbeddedServerTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Test]
    public async Task It_is_made_started_and_stopped_again_and_kept()
    {
        await using var healing = new HealingProgram();
        var first = await healing.RunAsync("migrate");
        var second = await healing.RunAsync("migrate");
        Assert.Multiple(() =>
        {
            Assert.That(first.Code, Is.Zero, first.Error);
            Assert.That(first.Out, Does.StartWith("applied 0001"));
            Assert.That(second.Out, Does.StartWith("the control database is at revision"));
            Assert.That(healing.ServerPid(), Is.Null);
            Assert.That(healing.Processes(), Is.Empty);
        });
    }

    [Test]
    public async Task It_has_checksums_no_port_and_a_socket_for_its_user_only()
    {
        await using var healing = new HealingProgram();
        var (_, _) = await healing.UpAsync("--set", "worker.count=1");
        await using var connection = await OpenAsync(healing);
        Assert.Multiple(() =>
        {
            Assert.That(Show(connection, "data_checksums"), Is.EqualTo("on"));
            Assert.That(Show(connection, "listen_addresses"), Is.Empty);
            Assert.That(Show(connection, "unix_socket_permissions"), Is.EqualTo("0700"));
            Assert.That(File.GetUnixFileMode(Path.Combine(healing.State, "control", "run")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
            Assert.That(File.GetUnixFileMode(Path.Combine(healing.State, "control", "password")), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        });
        var without = new NpgsqlConnectionStringBuilder(Settings(healing)) { Password = "wrong" };
        var refused = await Assert.ThrowsAsync<PostgresException>(async () =>
        {
            await using var other = new NpgsqlConnection(without.ConnectionString);
            await other.OpenAsync();
        });
        Assert.That(refused!.SqlState, Is.EqualTo("28P01"));
    }

    [Test]
    public async Task A_path_too_long_for_a_socket_is_no_trouble()
    {
        await using var healing = new HealingProgram(deep: true);
        var (code, _, error) = await healing.RunAsync("migrate");
        Assert.That(code, Is.Zero, error);
    }

    [Test]
    public async Task After_a_crash_of_everything_it_starts_again_with_its_data()
    {
        await using var healing = new HealingProgram();
        var (up, _) = await healing.UpAsync("--set", "worker.count=1");
        await using (var connection = await OpenAsync(healing))
        {
            await using var create = new NpgsqlCommand("CREATE TABLE public.kept AS SELECT 1 AS one", connection);
            await create.ExecuteNonQueryAsync();
        }
        foreach (var pid in healing.Processes())
        {
            ProcessTable.Send(pid, Signal.Kill);
        }
        await up.WaitForExitAsync(Patience);
        Assert.That(healing.ServerPid(), Is.Not.Null, "a crash leaves the pid file");

        await healing.UpAsync("--set", "worker.count=1");
        await using var again = await OpenAsync(healing);
        await using var ask = new NpgsqlCommand("SELECT one FROM public.kept", again);
        Assert.That(await ask.ExecuteScalarAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task A_stale_pid_file_that_names_somebody_else_is_no_trouble()
    {
        await using var healing = new HealingProgram();
        await healing.RunAsync("migrate");
        // Our own process is alive and is no postmaster: as after a reboot, when numbers are given out anew.
        await File.WriteAllTextAsync(Path.Combine(healing.Data, "postmaster.pid"), $"{Environment.ProcessId}\n{healing.Data}\n0\n5432\n\n\n0 0\nready   \n");
        var (code, _, error) = await healing.RunAsync("migrate");
        Assert.That(code, Is.Zero, error);
    }

    [Test]
    public async Task An_interrupted_making_is_begun_anew()
    {
        await using var healing = new HealingProgram();
        Directory.CreateDirectory(healing.Data + ".new");
        await File.WriteAllTextAsync(Path.Combine(healing.Data + ".new", "half"), "made");
        var (code, _, error) = await healing.RunAsync("migrate");
        Assert.That(code, Is.Zero, error);
    }

    [Test]
    public async Task When_its_starter_is_killed_nothing_is_left_running()
    {
        await using var healing = new HealingProgram();
        var (up, _) = await healing.UpAsync("--set", "worker.count=2");
        Assert.That(healing.Processes(), Has.Count.GreaterThan(4));
        up.Send(Signal.Kill);
        await Poll.UntilAsync(() => healing.Processes().Count == 0, Patience, "workers and server end after their starter was killed");
        Assert.That(healing.ServerPid(), Is.Null, "it was stopped in order");
    }

    [Test]
    public async Task A_command_beside_it_attaches_and_leaves_it_running()
    {
        await using var healing = new HealingProgram();
        var (up, _) = await healing.UpAsync("--set", "worker.count=1");
        var before = healing.ServerPid();
        var (code, _, error) = await healing.RunAsync("pause", "--why", "a test");
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.Zero, error);
            Assert.That(healing.ServerPid(), Is.EqualTo(before));
            Assert.That(up.HasExited, Is.False);
        });
    }

    [Test]
    public async Task A_wrong_directory_of_programs_is_an_error_with_a_hint()
    {
        await using var healing = new HealingProgram();
        healing.Environment["HEALING__CONTROL__POSTGRES_DIRECTORY"] = "/nowhere";
        var (code, _, error) = await healing.RunAsync("migrate");
        Assert.Multiple(() =>
        {
            Assert.That(code, Is.EqualTo(1));
            Assert.That(error, Does.StartWith("error: control.postgres_directory /nowhere holds no initdb").And.Contain("\nHINT: "));
        });
    }

    private static string Settings(HealingProgram healing) => new NpgsqlConnectionStringBuilder
    {
        Host = Path.Combine(healing.State, "control", "run"),
        Username = "healing",
        Password = File.ReadAllText(Path.Combine(healing.State, "control", "password")),
        Database = "healing",
        Pooling = false,
    }.ConnectionString;

    private static async Task<NpgsqlConnection> OpenAsync(HealingProgram healing)
    {
        var connection = new NpgsqlConnection(Settings(healing));
        await connection.OpenAsync();
        return connection;
    }

    private static string? Show(NpgsqlConnection connection, string setting)
    {
        using var command = new NpgsqlCommand($"SELECT current_setting('{setting}')", connection);
        return (string?)command.ExecuteScalar();
    }
}
