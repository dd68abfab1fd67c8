using System.Reflection;
using HealingWorkers.Jobs.Alerts;
using HealingWorkers.Jobs.Backups;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Worker.Engine;

namespace HealingWorkers.Worker.Hosting;

/// <summary>Puts a worker process together; the ledger is open by then.</summary>
internal sealed class WorkerAssembly : IAsyncDisposable
{
    private readonly HttpClient _http = AlertSinks.Client();

    public WorkerAssembly(HealingHost host)
    {
        var (options, db, clock, logs) = (host.Options, host.Get<LedgerDb>(), host.Get<TimeProvider>(), host.Get<ILoggerFactory>());
        var targets = host.Get<IReadOnlyList<Target>>();
        var faults = FaultInjector.FromEnvironment();
        var engine = EngineFactory.Create(new EngineSettings(db.ConnectionString, host.WorkerId, options.Worker.Concurrency, clock, logs)
        {
            Lease = options.Worker.Lease,
            History = options.Retention.JobHistory,
        });
        var healers = new HealerFactory(options, db, new TargetSet(targets), CheckCatalogue.All, clock, logs) { Faults = faults };
        var alerts = healers.Alerts(_http, host.WorkerId);
        var (snapshots, quarantines, twins) = (healers.Retention(), healers.QuarantineRetention(), healers.TwinRetention());
        var clones = CloneHouse.Of(options, host.WorkerId, clock);
        Worker = new WorkerHost(new WorkerParts(options, db, engine, clock, logs, host.WorkerId)
        {
            Version = typeof(WorkerAssembly).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
            Targets = targets,
            Checks = CheckCatalogue.All,
            Healer = healers.Create(),
            Undo = healers.Undo(),
            Faults = faults,
            SendAlerts = alerts.KeepOnAsync,
            Tidy = async cancel =>
            {
                await snapshots.RunAsync(cancel).ConfigureAwait(false);
                await quarantines.RunAsync(cancel).ConfigureAwait(false);
                await twins.RunAsync(cancel).ConfigureAwait(false);
                await clones.SweepAsync(cancel).ConfigureAwait(false);
            },
        });
    }

    public WorkerHost Worker { get; }

    public async ValueTask DisposeAsync()
    {
        await Worker.DisposeAsync().ConfigureAwait(false);
        _http.Dispose();
    }
}
