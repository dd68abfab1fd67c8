using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Schedule;

namespace HealingWorkers.Worker.Engine;

/// <summary>The job engine that this program was built with.</summary>
public static class EngineFactory
{
#if HANGFIRE
    public const string Name = "hangfire";

    public static IJobEngine Create(EngineSettings settings) => new Hangfire.HangfireEngine(settings);

    public static async Task<IEnginePages?> PagesAsync(EngineSettings settings, LedgerDb db, CancellationToken cancel) =>
        new Hangfire.HangfirePages(await Hangfire.HangfireSetup.StorageAsync(settings, cancel).ConfigureAwait(false), db);
#else
    public const string Name = "quartz";

    public static IJobEngine Create(EngineSettings settings) => new Quartz.QuartzEngine(settings);

    /// <summary>Null: what runs and ran is on our own pages alone.</summary>
    public static Task<IEnginePages?> PagesAsync(EngineSettings settings, LedgerDb db, CancellationToken cancel) => Task.FromResult<IEnginePages?>(null);
#endif
}
