using HealingWorkers.Jobs.Ledger;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Hears a channel of the control database, on a session of its own, until cancelled; whatever breaks is begun again.</summary>
public sealed class RequestListener(string connectionString, string channel, Action<string> heard, TimeProvider clock, ILogger logger)
{
    public const string Requests = "healing_requests";
    private const int KeepAliveSeconds = 10;

    public async Task RunAsync(CancellationToken cancel)
    {
        var outage = new OutageLog(logger, clock, $"Nothing is heard of {channel}");
        while (!cancel.IsCancellationRequested)
        {
            try
            {
                await HearAsync(outage, cancel).ConfigureAwait(false);
            }
            catch (Exception e) when (!cancel.IsCancellationRequested)
            {
                try
                {
                    await Task.Delay(outage.Failed(e), clock, cancel).ConfigureAwait(false);
                }
                catch (OperationCanceledException)
                {
                    return;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task HearAsync(OutageLog outage, CancellationToken cancel)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, KeepAlive = KeepAliveSeconds, ApplicationName = "healing listener" };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        connection.Notification += (_, notice) => heard(notice.Payload);
        await connection.OpenAsync(cancel).ConfigureAwait(false);
        await using (var listen = connection.CreateCommand())
        {
            listen.CommandText = $"LISTEN {channel}";
            await listen.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        outage.Over();
        // What was said while nobody listened.
        heard("");
        while (!cancel.IsCancellationRequested)
        {
            await connection.WaitAsync(cancel).ConfigureAwait(false);
        }
    }
}
