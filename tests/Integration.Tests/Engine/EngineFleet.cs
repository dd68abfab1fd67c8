using System.Globalization;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Drill;
using HealingWorkers.Worker.Engine;
using Microsoft.Extensions.Logging.Abstractions;

namespace HealingWorkers.Integration.Tests.Engine;

/// <summary>A control database with worker processes on it, and this process as one that only asks.</summary>
internal sealed class EngineFleet : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);
    private static int _databases;
    private readonly PgCluster _cluster;
    private readonly IJobEngine _engine;

    private EngineFleet(PgCluster cluster, string database)
    {
        (_cluster, Database) = (cluster, database);
        Connection = cluster.ConnectionString(database);
        Db = new LedgerDb(Connection, TimeProvider.System, TimeSpan.FromSeconds(45));
        Ledger = new JobLedger(Db);
        _engine = EngineFactory.Create(new EngineSettings(Connection, "asker", 1, TimeProvider.System, NullLoggerFactory.Instance) { Lease = Lease });
        Dispatcher = new JobDispatcher(Db, Ledger, _engine, TimeProvider.System, NullLogger<JobDispatcher>.Instance);
        Command = new JobDispatcher(Db, Ledger, null, TimeProvider.System, NullLogger<JobDispatcher>.Instance);
    }

    public static TimeSpan Lease { get; } = TimeSpan.FromSeconds(4);

    public string Database { get; }
    public string Connection { get; }
    public LedgerDb Db { get; }
    public JobLedger Ledger { get; }
    public IJobEngine Engine => _engine;

    /// <summary>With an engine of its own, as the workers and the dashboard have.</summary>
    public JobDispatcher Dispatcher { get; }

    /// <summary>Without one, as a command has.</summary>
    public JobDispatcher Command { get; }

    public List<ChildProcess> Workers { get; } = [];

    public static async Task<EngineFleet> CreateAsync(PgCluster cluster)
    {
        var database = $"engine{Interlocked.Increment(ref _databases)}";
        await cluster.CreateDatabaseAsync(database);
        await cluster.ExecuteAsync(database, "CREATE TABLE public.test_runs (key text, run bigint, what text, pid int, execution int, at timestamptz DEFAULT clock_timestamp())");
        var fleet = new EngineFleet(cluster, database);
        await new Migrator(fleet.Connection, TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        return fleet;
    }

    public async Task<ChildProcess> StartAsync(params string[] more)
    {
        var worker = Launch(more);
        await ReadyAsync(worker);
        return worker;
    }

    public async Task StartManyAsync(int count, params string[] more)
    {
        var workers = Enumerable.Range(0, count).Select(_ => Launch(more)).ToList();
        foreach (var worker in workers)
        {
            await ReadyAsync(worker);
        }
    }

    public Task<JobRun?> AskAsync(string key, string job, double seconds = 0, TimeSpan delay = default) =>
        Dispatcher.RequestAsync(new JobRequest(key, job, null, new JsonObject { ["seconds"] = seconds }, "test") { Delay = delay }, CancellationToken.None);

    public async Task<JobRun> EndAsync(long run, TimeSpan? limit = null)
    {
        JobRun? found = null;
        await Poll.UntilAsync(async ct => (found = await Ledger.FindAsync(run, ct)) is { EndedAt: not null }, limit ?? Limit,
            $"the end of run {run}, now {found?.State}; workers said:\n{string.Join('\n', Workers.SelectMany(w => w.All.TakeLast(15)))}");
        return found!;
    }

    public Task<IReadOnlyList<TestRun>> RunsAsync(string key) =>
        _cluster.QueryAsync<TestRun>(Database, "SELECT key, run, what, pid, execution, at FROM public.test_runs WHERE key LIKE @key ORDER BY at", new { key });

    public Task WaitForAsync(string key, string what, int count = 1) =>
        Poll.UntilAsync(async _ => (await RunsAsync(key)).Count(r => r.What == what) >= count, Limit, $"{count} times {what} of {key}");

    public ChildProcess WorkerOf(int pid) => Workers.Single(w => w.Pid == pid);

    public async ValueTask DisposeAsync()
    {
        foreach (var worker in Workers)
        {
            worker.Send(Signal.Continue);
            worker.Send(Signal.Kill);
            await worker.DisposeAsync();
        }
        await _engine.DisposeAsync();
        await Db.DisposeAsync();
    }

    private static Task<string> ReadyAsync(ChildProcess worker) => worker.WaitForLineAsync(line => line == "ready", Limit);

    private ChildProcess Launch(string[] more)
    {
        var host = Path.Combine(AppContext.BaseDirectory, "HealingWorkers.EngineHost.dll");
        var lease = string.Create(CultureInfo.InvariantCulture, $"lease={Lease.TotalSeconds:0}");
        var worker = ChildProcess.Start("dotnet", ["exec", host, "work", $"connection={Connection}", .. more.Any(m => m.StartsWith("lease=", StringComparison.Ordinal)) ? Array.Empty<string>() : [lease], .. more]);
        Workers.Add(worker);
        return worker;
    }
}

internal sealed record TestRun
{
    public string Key { get; init; } = "";
    public long Run { get; init; }
    public string What { get; init; } = "";
    public int Pid { get; init; }
    public int Execution { get; init; }
    public DateTime At { get; init; }
}
