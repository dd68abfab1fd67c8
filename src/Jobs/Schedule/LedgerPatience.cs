using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Npgsql;
using Polly;
using Polly.Retry;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Writes to a ledger that may be away for a while, and may be repeated without harm.</summary>
internal static class LedgerPatience
{
    public static bool IsOutage(Exception e) =>
        e is NpgsqlException or TimeoutException or SocketException or IOException or Polly.Timeout.TimeoutRejectedException;

    public static async Task<T> WriteAsync<T>(TimeProvider clock, ILogger logger, string what, Func<CancellationToken, Task<T>> write, TimeSpan patience)
    {
        var told = false;
        var began = clock.GetTimestamp();
        var pipeline = new ResiliencePipelineBuilder { TimeProvider = clock }
            .AddRetry(new RetryStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<Exception>(e => IsOutage(e) && clock.GetElapsedTime(began) < patience),
                MaxRetryAttempts = int.MaxValue,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromMilliseconds(200),
                MaxDelay = TimeSpan.FromSeconds(5),
                OnRetry = retry =>
                {
                    if (!told)
                    {
                        logger.LogWarning("The ledger is away; {What} is written when it is back: {Reason}", what, Options.Redactor.Text(retry.Outcome.Exception?.Message ?? ""));
                    }
                    told = true;
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
        return await pipeline.ExecuteAsync(async cancel => await write(cancel).ConfigureAwait(false), CancellationToken.None).ConfigureAwait(false);
    }
}
