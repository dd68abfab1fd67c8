using System.Collections.Concurrent;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>What a check remembers, without a ledger.</summary>
internal sealed class RememberedInMemory : ICheckMemory
{
    private readonly ConcurrentDictionary<(TargetId, string, string), string> _kept = new();

    /// <summary>Topics and keys, as often as something was written under them.</summary>
    public ConcurrentQueue<(string Topic, string Key)> Written { get; } = new();

    public Task<string?> RecallAsync(TargetId target, string topic, string key, CancellationToken cancel) =>
        Task.FromResult(_kept.GetValueOrDefault((target, topic, key)));

    public Task<IReadOnlyDictionary<string, string>> RecallAllAsync(TargetId target, string topic, CancellationToken cancel) =>
        Task.FromResult<IReadOnlyDictionary<string, string>>(_kept.Where(k => k.Key.Item1 == target && k.Key.Item2 == topic).ToDictionary(k => k.Key.Item3, k => k.Value, StringComparer.Ordinal));

    public Task ForgetAsync(TargetId target, string topic, string key, CancellationToken cancel)
    {
        _kept.TryRemove((target, topic, key), out _);
        return Task.CompletedTask;
    }

    public Task RememberAsync(TargetId target, string topic, string key, string json, CancellationToken cancel)
    {
        Written.Enqueue((topic, key));
        _kept[(target, topic, key)] = json;
        return Task.CompletedTask;
    }
}
