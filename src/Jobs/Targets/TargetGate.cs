using HealingWorkers.Jobs.Errors;
using Npgsql;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;

namespace HealingWorkers.Jobs.Targets;

/// <summary>Opens check sessions patiently: some tries with growing, jittered pauses, and after a row of failures none at all for a while.</summary>
public sealed class TargetGate
{
    private readonly Target _target;
    private readonly ResiliencePipeline<NpgsqlConnection> _pipeline;

    public TargetGate(Target target, TargetGateLimits? limits = null)
    {
        var bounds = limits ?? new();
        _target = target;
        var worthAgain = new PredicateBuilder<NpgsqlConnection>().Handle<HealingException>(IsPassing);
        _pipeline = new ResiliencePipelineBuilder<NpgsqlConnection> { TimeProvider = target.Clock }
            .AddRetry(new RetryStrategyOptions<NpgsqlConnection>
            {
                ShouldHandle = worthAgain,
                MaxRetryAttempts = bounds.Retries,
                Delay = bounds.FirstPause,
                MaxDelay = bounds.LongestPause,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
            })
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions<NpgsqlConnection>
            {
                ShouldHandle = worthAgain,
                FailureRatio = 0.9,
                MinimumThroughput = bounds.FailuresToBreak,
                SamplingDuration = bounds.Window,
                BreakDuration = bounds.Break,
            })
            .Build();
    }

    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancel)
    {
        try
        {
            return await _pipeline.ExecuteAsync(async token => await _target.OpenCheckAsync(token).ConfigureAwait(false), cancel).ConfigureAwait(false);
        }
        catch (BrokenCircuitException e)
        {
            throw new HealingException($"the target {_target.Name} could not be reached again and again and is left alone for a moment",
                (e.InnerException as HealingException)?.Message ?? "It is tried again soon.", e.InnerException ?? e);
        }
    }

    /// <summary>A wrong password does not become right by waiting.</summary>
    private static bool IsPassing(HealingException e) => e.InnerException switch
    {
        PostgresException server => server.SqlState is SqlState.CannotConnectNow or SqlState.AdminShutdown or SqlState.CrashShutdown or SqlState.TooManyConnections,
        { } => true,
        null => false,
    };
}

public sealed record TargetGateLimits
{
    public int Retries { get; init; } = 3;
    public TimeSpan FirstPause { get; init; } = TimeSpan.FromMilliseconds(500);
    public TimeSpan LongestPause { get; init; } = TimeSpan.FromSeconds(10);
    public int FailuresToBreak { get; init; } = 8;
    public TimeSpan Window { get; init; } = TimeSpan.FromMinutes(30);
    public TimeSpan Break { get; init; } = TimeSpan.FromMinutes(1);
}
