using System.Diagnostics;
using System.Globalization;
using HealingWorkers.Drill;
using HealingWorkers.Drill.Scale;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Bench.Scale;

/// <summary>A private control database with a long past, and the dashboard as a process of its own over it.</summary>
internal sealed class FilledDashboard : IAsyncDisposable
{
    public const string Ledger = "control";
    private static readonly TimeSpan Start = TimeSpan.FromMinutes(1);
    private readonly DirectoryInfo _directory;
    private readonly ChildProcess _process;

    private FilledDashboard(PgCluster cluster, DirectoryInfo directory, ChildProcess process, string address)
    {
        (Cluster, _directory, _process) = (cluster, directory, process);
        Http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 1000 }) { BaseAddress = new Uri(address), Timeout = TimeSpan.FromMinutes(5) };
    }

    public PgCluster Cluster { get; }

    public HttpClient Http { get; }

    public static async Task<FilledDashboard> OpenAsync(int runs, int incidents, CancellationToken cancel)
    {
        var cluster = await PgCluster.StartNewAsync(
            new PgClusterOptions
            {
                Settings = new Dictionary<string, string>(StringComparer.Ordinal)
                {
                    ["shared_buffers"] = "512MB",
                    ["max_wal_size"] = "4GB",
                    ["maintenance_work_mem"] = "256MB",
                    ["shared_preload_libraries"] = "pg_stat_statements",
                    ["pg_stat_statements.max"] = "2000",
                },
            },
            cancel);
        await cluster.CreateDatabaseAsync(Ledger, ct: cancel);
        await cluster.ExecuteAsync(Ledger, "CREATE EXTENSION pg_stat_statements", ct: cancel);
        await MoviesSchema.CreateAsync(cluster, ct: cancel);
        await new Migrator(cluster.ConnectionString(Ledger), TimeProvider.System).MigrateAsync(null, cancel);
        var watch = Stopwatch.StartNew();
        await FilledLedger.FillAsync(cluster.ConnectionString(Ledger), runs, incidents, cancel);
        var bytes = await cluster.ScalarAsync<long>(Ledger, "SELECT pg_database_size(current_database())", ct: cancel);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"ledger: {runs} runs, {incidents} incidents, {bytes / 1048576.0:0} MiB, filled in {watch.Elapsed.TotalSeconds:0} s"));
        return await ServeAsync(cluster, cancel);
    }

    /// <summary>Resident, in MiB.</summary>
    public double Memory()
    {
        var line = File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{_process.Pid}/status")).First(l => l.StartsWith("VmRSS:", StringComparison.Ordinal));
        return double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
    }

    public Task<T?> AskAsync<T>(string sql, CancellationToken cancel) => Cluster.ScalarAsync<T>(Ledger, sql, ct: cancel);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _process.DisposeAsync();
        await Cluster.DisposeAsync();
        _directory.Delete(recursive: true);
    }

    private static async Task<FilledDashboard> ServeAsync(PgCluster cluster, CancellationToken cancel)
    {
        var directory = Directory.CreateTempSubdirectory("healing-bench-");
        var config = Path.Combine(directory.FullName, "healing.yaml");
        await File.WriteAllLinesAsync(config,
        [
            $"state_directory: '{directory.FullName}/state'",
            $"control: {{ connection: '{cluster.ConnectionString(Ledger)}' }}",
            "http: { listen: '127.0.0.1:0' }",
            "targets:",
            .. FilledLedger.Targets.Select(t => $"  - {{ name: {t}, connection: '{cluster.ConnectionString("movies")}' }}"),
        ], cancel);
        var process = ChildProcess.Start(Path.Combine(Path.GetDirectoryName(Built.Healing)!, "healing"), ["dashboard", "--config", config]);
        var line = await process.WaitForLineAsync(l => l.Contains("is the dashboard", StringComparison.Ordinal), Start, cancel);
        return new FilledDashboard(cluster, directory, process, line.Split(' ')[0]);
    }
}
