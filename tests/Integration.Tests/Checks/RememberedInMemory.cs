using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Integration.Tests.Checks;

/// <summary>What a check remembers, without a ledger.</summary>
internal sealed class RememberedInMemory : ICheckMemory
{
    private readonly Dictionary<(TargetId, string, string), string> _kept = [];

    public Task<string?> RecallAsync(TargetId target, string topic, string key, CancellationToken cancel) =>
        Task.FromResult(_kept.GetValueOrDefault((target, topic, key)));

    public Task RememberAsync(TargetId target, string topic, string key, string json, CancellationToken cancel)
    {
        _kept[(target, topic, key)] = json;
        return Task.CompletedTask;
    }
}
