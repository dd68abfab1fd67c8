using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Healing;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Worker.Commands;
using HealingWorkers.Worker.Embedded;
using Serilog.Extensions.Logging;

namespace HealingWorkers.Worker.Hosting;

/// <summary>The composition root: everything that a command may need, built when first asked for.</summary>
public sealed class HealingHost : IAsyncDisposable
{
    private const string StoreVariable = "HEALING_STORE_LOCK";
    private readonly ServiceProvider _services;
    private EmbeddedServer? _store;
    private LedgerDb? _ledger;

    public HealingHost(HealingOptions options, CommandShell shell, string level)
    {
        Options = options;
        WorkerId = $"{System.Environment.MachineName}:{System.Environment.ProcessId}";
        var services = new ServiceCollection();
        services.AddSingleton(options);
        services.AddSingleton(shell);
        services.AddSingleton(shell.Clock);
        services.AddSingleton<ILoggerFactory>(_ => new SerilogLoggerFactory(HealingLog.Create(level, shell, WorkerId), dispose: true));
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddSingleton(_ => _ledger ?? throw new InvalidOperationException("the ledger has not been opened"));
        services.AddSingleton<AuditLog>();
        services.AddSingleton<Pauses>();
        services.AddSingleton<IncidentLedger>();
        services.AddSingleton<LeaseLedger>();
        services.AddSingleton<JobLedger>();
        // Without an engine: the workers are told, and deliver.
        services.AddSingleton(all => new JobDispatcher(all.GetRequiredService<LedgerDb>(), all.GetRequiredService<JobLedger>(), engine: null, shell.Clock, all.GetRequiredService<ILogger<JobDispatcher>>()));
        services.AddSingleton<IReadOnlyList<Target>>(_ => [.. options.Targets.Select(t => new Target(t, shell.Clock))]);
        services.AddSingleton(p => new HealerFactory(options, p.GetRequiredService<LedgerDb>(), new TargetSet(p.GetRequiredService<IReadOnlyList<Target>>()),
            CheckCatalogue.All, shell.Clock, p.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton(p => new IncidentDecisions(p.GetRequiredService<IncidentLedger>(), options.AutoHealing.MaxAutoRepairAttempts));
        services.AddSingleton<ReceiptLedger>();
        services.AddSingleton<CheckMemory>();
        _services = services.BuildServiceProvider();
    }

    public HealingOptions Options { get; }

    /// <summary>Every value in force with its source, secrets hidden.</summary>
    public IReadOnlyList<EffectiveValue> Config { get; init; } = [];

    /// <summary>Who acts, in the ledger and in the log.</summary>
    public string WorkerId { get; }

    public T Get<T>() where T : notnull => _services.GetRequiredService<T>();

    /// <summary>Opens the control database, at the revision it should have. Everything that needs the ledger comes after this.</summary>
    public async Task<LedgerDb> OpenLedgerAsync(CancellationToken cancel)
    {
        if (_ledger is null)
        {
            var connection = await ControlConnectionAsync(cancel).ConfigureAwait(false);
            await new Migrator(connection, Get<TimeProvider>()).MigrateAsync(Options.Control.MigrationRevision, cancel).ConfigureAwait(false);
            _ledger = new LedgerDb(connection, Get<TimeProvider>());
        }
        return _ledger;
    }

    /// <summary>The configured control database, or the embedded one, started where it does not run.</summary>
    public async Task<string> ControlConnectionAsync(CancellationToken cancel)
    {
        if (Options.Control.Connection.Length == 0)
        {
            _store = await ControlStore.OpenAsync(Options, Get<TimeProvider>(), cancel).ConfigureAwait(false);
            Options.Control.Connection = _store.ConnectionString;
        }
        return Options.Control.Connection;
    }

    /// <summary>What a worker needs to find the same control database, and to keep an embedded one alive while it drains.</summary>
    public IReadOnlyDictionary<string, string> EnvironmentOfWorkers(IReadOnlyDictionary<string, string> ours)
    {
        var environment = new Dictionary<string, string>(ours, StringComparer.Ordinal)
        {
            ["HEALING__CONTROL__CONNECTION"] = Options.Control.Connection,
        };
        environment.Remove("HEALING__CONTROL__CONNECTION_FILE");
        if (_store is not null)
        {
            environment[StoreVariable] = _store.UsersLock;
        }
        return environment;
    }

    /// <summary>In a worker of `healing up`: keeps the embedded store from being stopped under it.</summary>
    public static IDisposable? ShareStore(IReadOnlyDictionary<string, string> environment) =>
        environment.TryGetValue(StoreVariable, out var file) ? FileLock.TryShared(file) : null;

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync().ConfigureAwait(false);
        if (_ledger is not null)
        {
            await _ledger.DisposeAsync().ConfigureAwait(false);
        }
        if (_store is not null)
        {
            await _store.DisposeAsync().ConfigureAwait(false);
        }
    }
}
