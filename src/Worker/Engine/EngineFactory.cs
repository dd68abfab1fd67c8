using HealingWorkers.Jobs.Schedule;

namespace HealingWorkers.Worker.Engine;

/// <summary>The job engine that this program was built with.</summary>
public static class EngineFactory
{
#if HANGFIRE
    public const string Name = "hangfire";

    public static IJobEngine Create(EngineSettings settings) => new Hangfire.HangfireEngine(settings);
#else
    public const string Name = "quartz";

    public static IJobEngine Create(EngineSettings settings) => new Quartz.QuartzEngine(settings);
#endif
}
