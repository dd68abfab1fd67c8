using Npgsql;
using Quartz;

namespace HealingWorkers.Worker.Engine.Quartz;

/// <summary>How Quartz is set up.</summary>
internal static class QuartzServices
{
    private const int MostHistory = 100_000;

    public static ServiceProvider Build(EngineSettings settings, QuartzPort port)
    {
        var services = new ServiceCollection();
        services.AddSingleton(port);
        services.AddSingleton(settings.Logs);
        services.AddSingleton(typeof(ILogger<>), typeof(Logger<>));
        services.AddQuartz(quartz => Configure(quartz, settings));
        services.AddQuartzExecutionHistory(history =>
        {
            history.Retention = settings.History;
            history.MaxEntriesPerScheduler = MostHistory;
            history.MaxEntriesPerJob = MostHistory / 2;
        });
        return services.BuildServiceProvider();
    }

    private static void Configure(IQuartzBuilder quartz, EngineSettings settings)
    {
        quartz.UseTimeProvider(settings.Clock);
        quartz.UseDefaultThreadPool(settings.Concurrency);
        quartz.ConfigureScheduler(scheduler =>
        {
            scheduler.InstanceName = "healing";
            scheduler.InstanceId = $"{settings.Worker}-{Guid.NewGuid().ToString("N")[..8]}";
            scheduler.IdleWaitTime = TimeSpan.FromSeconds(1);
        });
        quartz.UsePersistentStore(store =>
        {
            var connection = new NpgsqlConnectionStringBuilder(settings.Connection)
            {
                ApplicationName = "healing engine",
                MaxPoolSize = settings.Concurrency + 6,
            };
            store.UsePostgres(NpgsqlFactory.Instance, connection.ConnectionString);
            store.ProvisionSchema();
            store.UseExecutionHistory();
            store.ConfigureStore(options =>
            {
                options.TablePrefix = "quartz.qrtz_";
                options.MisfireThreshold = TimeSpan.FromMinutes(1);
                options.DbRetryInterval = TimeSpan.FromSeconds(1);
                options.CommandTimeout = TimeSpan.FromSeconds(30);
            });
            // Sooner than the lease of the ledger runs out: by then the engine has noticed too.
            store.UseClustering(cluster =>
            {
                cluster.CheckinInterval = Within(settings.Lease / 6, 1, 5);
                cluster.CheckinMisfireThreshold = Within(settings.Lease / 2, 2, 30);
            });
        });
    }

    /// <summary>In whole milliseconds: the store keeps no part of one, and refuses what has one.</summary>
    private static TimeSpan Within(TimeSpan time, double least, double most) =>
        TimeSpan.FromMilliseconds(Math.Round(Math.Clamp(time.TotalSeconds, least, most) * 1000));
}
