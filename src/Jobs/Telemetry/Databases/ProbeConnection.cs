using Npgsql;

namespace HealingWorkers.Jobs.Telemetry;

/// <summary>A session opened for one look: never from a pool, which would show how it was before, and with short time-outs.</summary>
public static class ProbeConnection
{
    public static async Task<NpgsqlConnection> OpenAsync(string connection, int seconds, CancellationToken cancel)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection)
        {
            Pooling = false,
            Multiplexing = false,
            Timeout = seconds,
            CommandTimeout = seconds,
            CancellationTimeout = -1,
            ApplicationName = "healing probe",
        };
        var limits = $"-c statement_timeout={seconds}s -c lock_timeout={seconds}s";
        settings.Options = string.IsNullOrEmpty(settings.Options) ? limits : $"{settings.Options} {limits}";
        var opened = new NpgsqlConnection(settings.ConnectionString);
        try
        {
            await opened.OpenAsync(cancel).ConfigureAwait(false);
            return opened;
        }
        catch
        {
            await opened.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
