using System.Collections.Concurrent;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Whether a target answers: a few tries with growing pauses, and a breaker a target, so that a dead one is not hammered.</summary>
public sealed class Reachability(TimeProvider clock)
{
    private readonly ConcurrentDictionary<string, ResiliencePipeline> _pipelines = new(StringComparer.Ordinal);

    /// <summary>Null when it answers; else why not.</summary>
    public async Task<Away?> AskAsync(Target target, CancellationToken cancel)
    {
        try
        {
            await _pipelines.GetOrAdd(target.Name, _ => Build()).ExecuteAsync(async token =>
            {
                await using var connection = await target.OpenCheckAsync(token).ConfigureAwait(false);
                await using var command = connection.CreateCommand();
                command.CommandText = "SELECT 1";
                await command.ExecuteScalarAsync(token).ConfigureAwait(false);
            }, cancel).ConfigureAwait(false);
            return null;
        }
        catch (BrokenCircuitException e)
        {
            return new("it did not answer several times in a row and is left alone for a moment" + (e.InnerException is { } last ? ": " + last.Message : ""), e.InnerException is LockedOutException);
        }
        catch (Exception e) when (IsAway(e) && !cancel.IsCancellationRequested)
        {
            return new(e is HealingException ? e.Message : e.InnerException is { } inner ? $"{e.Message}: {inner.Message}" : e.Message, e is LockedOutException);
        }
    }

    private static bool IsAway(Exception e) => e is HealingException or Polly.Timeout.TimeoutRejectedException || LedgerPatience.IsOutage(e);

    private ResiliencePipeline Build() => new ResiliencePipelineBuilder { TimeProvider = clock }
        .AddRetry(new RetryStrategyOptions
        {
            // What was refused (a password, a right) is not better a second later.
            ShouldHandle = new PredicateBuilder().Handle<Exception>(e => IsAway(e) && !IsRefused(e)),
            MaxRetryAttempts = 3,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(500),
            MaxDelay = TimeSpan.FromSeconds(5),
        })
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(IsAway),
            FailureRatio = 0.9,
            MinimumThroughput = 6,
            SamplingDuration = TimeSpan.FromMinutes(5),
            BreakDuration = TimeSpan.FromSeconds(30),
        })
        .AddTimeout(TimeSpan.FromSeconds(20))
        .Build();

    private static bool IsRefused(Exception e) =>
        (e as PostgresException ?? e.InnerException as PostgresException)?.SqlState is SqlState.InvalidPassword or SqlState.InvalidAuthorization or SqlState.InvalidCatalogName or SqlState.InsufficientPrivilege;
}

/// <param name="LockedOut">It answers, and its catalogue lets nobody in.</param>
public sealed record Away(string Why, bool LockedOut);
