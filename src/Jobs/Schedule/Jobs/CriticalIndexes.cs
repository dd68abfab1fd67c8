using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Schedule;

/// <summary>Which indexes each health check looks into: the named ones, or else primary keys in rotation, as many as fit the budget.</summary>
public sealed class CriticalIndexes(HealingOptions options, CheckMemory memory)
{
    private const string Topic = "health_check";
    private const string Key = "last_primary_key";

    public async Task<IReadOnlyList<long>> ChooseAsync(Target target, TargetId id, Action<string> tell, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        if (target.Options.CriticalIndexes.Count > 0)
        {
            // a name without a schema means what it means to whoever wrote it down
            await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
            var named = (await connection.QueryAsync<(string Name, long? Oid)>(new CommandDefinition(Sql.Of<CriticalIndexes>("indexes_named"), new { Names = target.Options.CriticalIndexes.ToArray() }, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
            if (named.Where(n => n.Oid is null).Select(n => n.Name).ToList() is { Count: > 0 } unknown)
            {
                tell($"critical_indexes of {target.Name} names what is no valid B-tree index there, and is not looked at: {string.Join(", ", unknown)}");
            }
            return [.. named.Select(n => n.Oid).OfType<long>()];
        }
        var last = await memory.RecallAsync(id, Topic, Key, cancel).ConfigureAwait(false);
        var after = long.TryParse(last, NumberStyles.None, CultureInfo.InvariantCulture, out var oid) ? oid : 0;
        var chosen = (await PatientList.ReadAsync<long>(target, async (session, held) => (await session.QueryAsync<long>(
            new CommandDefinition(Sql.Of<CriticalIndexes>("primary_keys"), new { After = after, Budget, Held = held }, cancellationToken: cancel)).ConfigureAwait(false)).AsList(), cancel).ConfigureAwait(false)).Items;
        if (chosen.Count > 0)
        {
            await memory.RememberAsync(id, Topic, Key, chosen[^1].ToString(CultureInfo.InvariantCulture), cancel).ConfigureAwait(false);
        }
        return chosen;
    }

    /// <summary>Bytes of index and table to read in one go.</summary>
    private long Budget => options.AutoHealing.Impact switch { Impact.Low => 256L << 20, Impact.Normal => 1L << 30, _ => 4L << 30 };
}
