using System.Runtime.InteropServices;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Worker.Engine;
using Npgsql;

namespace HealingWorkers.EngineHost;

/// <summary>A worker of the engine this was built with, running the test jobs until SIGTERM.</summary>
internal static class WorkMode
{
    public static async Task<int> RunAsync(HostArguments args)
    {
        var end = new TaskCompletionSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            end.TrySetResult();
        });
        using var logs = LoggerFactory.Create(log => log.AddSimpleConsole(o => o.SingleLine = true).SetMinimumLevel(LogLevel.Information).AddFilter("Quartz", LogLevel.Warning).AddFilter("Hangfire", LogLevel.Warning));
        await PrepareAsync(args.Connection);
        await using var db = new LedgerDb(args.Connection, TimeProvider.System, TimeSpan.FromMinutes(1));
        var options = new HealingOptions();
        options.Worker.Lease = args.Lease;
        options.Worker.Drain = args.Drain;
        await using var host = new WorkerHost(new WorkerParts(options, db, EngineFactory.Create(args.Engine(logs)), TimeProvider.System, logs, args.Worker)
        {
            Recurring = args.Recurring,
            Jobs = [new CountJob(args.Connection), new SleepJob(args.Connection), new StubbornJob(args.Connection), new DieJob(args.Connection)],
        });
        await host.StartAsync(CancellationToken.None);
        Console.WriteLine("ready");
        await end.Task;
        await host.StopAsync(CancellationToken.None);
        Console.WriteLine("stopped");
        return 0;
    }

    private static async Task PrepareAsync(string connection)
    {
        await new Migrator(connection, TimeProvider.System).MigrateAsync(null, CancellationToken.None);
        await using var db = new NpgsqlConnection(connection);
        await db.OpenAsync();
        await using var create = new NpgsqlCommand("CREATE TABLE IF NOT EXISTS public.test_runs (key text, run bigint, what text, pid int, execution int, at timestamptz DEFAULT clock_timestamp())", db);
        await create.ExecuteNonQueryAsync();
    }
}
