using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;

namespace HealingWorkers.Worker.Commands;

/// <summary>Targets by the name that the ledger knows them by.</summary>
internal static class KnownTargets
{
    /// <param name="name">Null stands for everything, which has no id.</param>
    public static async Task<long?> IdAsync(LedgerDb ledger, string? name, CancellationToken cancel)
    {
        if (name is null)
        {
            return null;
        }
        await using var connection = await ledger.Source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        var known = (await connection.QueryAsync<(long Id, string Name)>(new CommandDefinition(Sql.Of(typeof(KnownTargets), "known_targets"), cancellationToken: cancel)).ConfigureAwait(false)).AsList();
        return known.Find(t => t.Name == name) is { Id: > 0 and var id }
            ? id
            : throw new HealingException($"no target called {name} has been seen yet", known.Count == 0 ? "no target has been seen at all" : "known are: " + string.Join(", ", known.Select(t => t.Name)));
    }
}
