using Hangfire;
using Hangfire.PostgreSql;
using Hangfire.PostgreSql.Factories;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Worker.Engine.Hangfire;

/// <summary>How Hangfire is set up.</summary>
internal static class HangfireSetup
{
    public const string Queue = "healing";

    public static BackgroundJobServerOptions Server(EngineSettings settings, HangfirePort port) => new()
    {
        ServerName = settings.Worker,
        WorkerCount = settings.Concurrency,
        // Recurring jobs are put into `default`.
        Queues = [Queue, "default"],
        Activator = port,
        SchedulePollingInterval = TimeSpan.FromSeconds(1),
        CancellationCheckInterval = TimeSpan.FromSeconds(1),
        HeartbeatInterval = TimeSpan.FromSeconds(5),
        ServerTimeout = TimeSpan.FromMinutes(1),
        ServerCheckInterval = TimeSpan.FromSeconds(20),
        // Whoever stops the worker interrupts what runs when the drain time is over; this is only the last bound.
        StopTimeout = TimeSpan.FromMinutes(10),
        ShutdownTimeout = TimeSpan.FromMinutes(11),
    };

    public static async Task<PostgreSqlStorage> StorageAsync(EngineSettings settings, CancellationToken cancel)
    {
        var connection = new NpgsqlConnectionStringBuilder(settings.Connection)
        {
            ApplicationName = "healing engine",
            MaxPoolSize = settings.Concurrency + 10,
            Enlist = false,
        };
        // Many processes may start at once, and its own installation does not expect that.
        await using var source = NpgsqlDataSource.Create(connection);
        await using var session = await source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        await using (var serialise = new NpgsqlCommand(Sql.Of(typeof(HangfireSetup), "serialise"), session))
        {
            await serialise.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        var options = new PostgreSqlStorageOptions
        {
            SchemaName = "hangfire",
            QueuePollInterval = TimeSpan.FromSeconds(1),
            EnableLongPolling = true,
            // Renewed while a job runs; without that a long one would be started again beside itself.
            UseSlidingInvisibilityTimeout = true,
            InvisibilityTimeout = TimeSpan.FromSeconds(Math.Max(60, settings.Lease.TotalSeconds * 2)),
            AllowDegradedModeWithoutStorage = false,
            EnableTransactionScopeEnlistment = false,
        };
        return await Task.Run(() => new PostgreSqlStorage(new NpgsqlConnectionFactory(connection.ConnectionString, options), options), cancel).ConfigureAwait(false);
    }
}
