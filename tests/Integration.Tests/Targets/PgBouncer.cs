using System.Diagnostics;
using HealingWorkers.Drill;

namespace HealingWorkers.Integration.Tests.Targets;

/// <summary>A real proxy before a test cluster.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private const string Program = "/usr/sbin/pgbouncer";
    private readonly string _directory = Directory.CreateTempSubdirectory("bouncer").FullName;
    private readonly Process _process;
    private readonly int _port = FreePort.Pick();

    private PgBouncer(PgCluster cluster, string mode)
    {
        var ini = Path.Combine(_directory, "pgbouncer.ini");
        File.WriteAllText(ini,
            $"""
            [databases]
            * = host={cluster.SocketDirectory} port={cluster.Port} user=postgres
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {_port}
            unix_socket_dir =
            auth_type = any
            pool_mode = {mode}
            ignore_startup_parameters = options,extra_float_digits
            logfile = {Path.Combine(_directory, "log")}
            """);
        ServerUser.Current.Own(ini);
        ServerUser.Current.Own(_directory);
        _process = Process.Start(ServerUser.Current.Command(Program, "-q", ini))!;
    }

    public static bool IsInstalled => File.Exists(Program);

    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Database=postgres;Username=postgres;SSL Mode=Disable";

    public static async Task<PgBouncer> StartAsync(PgCluster cluster, string mode)
    {
        var bouncer = new PgBouncer(cluster, mode);
        await ListensAsync(bouncer._port);
        return bouncer;
    }

    public static Task ListensAsync(int port) => Poll.UntilAsync(
        async ct =>
        {
            using var client = new System.Net.Sockets.TcpClient();
            try
            {
                await client.ConnectAsync("127.0.0.1", port, ct);
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        },
        TimeSpan.FromSeconds(10), "pgbouncer listens");

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }
}
