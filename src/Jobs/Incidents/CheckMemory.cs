using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>What checks remember of a target between their runs, kept in the ledger. Topics that begin with "sample" are subject to retention.</summary>
public sealed class CheckMemory(LedgerDb db) : ICheckMemory
{
    public Task<string?> RecallAsync(TargetId target, string topic, string key, CancellationToken cancel) =>
        db.FirstAsync<string>(Sql.Of<CheckMemory>("recall"), Arguments(target, topic, key, null), cancel);

    public async Task<IReadOnlyDictionary<string, string>> RecallAllAsync(TargetId target, string topic, CancellationToken cancel) =>
        (await db.ListAsync<(string Key, string Value)>(Sql.Of<CheckMemory>("recall_all"), Arguments(target, topic, "", null), cancel).ConfigureAwait(false))
            .ToDictionary(r => r.Key, r => r.Value, StringComparer.Ordinal);

    public Task ForgetAsync(TargetId target, string topic, string key, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<CheckMemory>("forget"), Arguments(target, topic, key, null), cancel);

    public async Task RememberAsync(TargetId target, string topic, string key, string json, CancellationToken cancel)
    {
        if (await db.DoAsync(Sql.Of<CheckMemory>("remember"), Arguments(target, topic, key, json), cancel).ConfigureAwait(false) == 0)
            throw new InvalidOperationException($"target {target} was not registered before its check ran");
    }

    private static object Arguments(TargetId target, string topic, string key, string? json) =>
        new { target.SystemIdentifier, target.DatabaseOid, Topic = topic, Key = key, Json = json };
}
