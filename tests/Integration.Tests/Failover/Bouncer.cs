using System.Diagnostics;
using HealingWorkers.Drill;

namespace HealingWorkers.Integration.Tests.Failover;

/// <summary>pgbouncer as an application has it: one line for one database, with much else around it.</summary>
internal sealed class Bouncer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("bouncer").FullName;
    private readonly int _port = FreePort.Pick();
    private readonly string _database;
    private Process? _process;

    public Bouncer(PgEndpoint server, string database)
    {
        _database = database;
        Ini = Path.Combine(_directory, "pgbouncer.ini");
        File.WriteAllText(Ini,
            $"""
            ; written by hand
            [databases]
            ; not ours
            other = host=/nowhere port=1
            {database} = host={server.SocketDirectory}   port={server.Port} user=postgres pool_size=5
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {_port}
            unix_socket_dir =
            auth_type = any
            admin_users = postgres
            query_wait_timeout = 10
            pool_mode = session
            server_login_retry = 1
            ignore_startup_parameters = options,extra_float_digits
            logfile = {Path.Combine(_directory, "log")}
            """);
        ServerUser.Current.Own(_directory);
        ServerUser.Current.Own(Ini);
    }

    public string Ini { get; }
    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Database={_database};Username=postgres;SSL Mode=Disable";
    public string Console => $"Host=127.0.0.1;Port={_port};Database=pgbouncer;Username=postgres;SSL Mode=Disable";

    public async Task StartAsync()
    {
        if (!Targets.PgBouncer.IsInstalled)
        {
            NUnit.Framework.Assert.Ignore("pgbouncer is not installed here.");
        }
        _process = Process.Start(ServerUser.Current.Command("/usr/sbin/pgbouncer", "-q", Ini))!;
        await Targets.PgBouncer.ListensAsync(_port);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
            _process.Dispose();
        }
        Directory.Delete(_directory, recursive: true);
    }
}
