using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using HealingWorkers.Worker.Hosting;

namespace HealingWorkers.Worker.Commands;

/// <summary>Targets by the name that the ledger knows them by; one that is configured and was never looked at becomes known here.</summary>
internal static class KnownTargets
{
    /// <param name="name">Null stands for everything, which has no id.</param>
    public static async Task<long?> IdAsync(HealingHost host, LedgerDb ledger, string? name, CancellationToken cancel)
    {
        if (name is null)
        {
            return null;
        }
        var known = await KnownAsync(ledger, cancel).ConfigureAwait(false);
        if (known.Find(t => t.Name == name) is { Id: > 0 and var id })
        {
            return id;
        }
        if (host.Get<IReadOnlyList<Target>>().FirstOrDefault(t => t.Name == name) is { } configured)
        {
            return await host.Get<IncidentLedger>().RegisterTargetAsync(configured.Name, await configured.FactsAsync(cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        }
        throw new HealingException($"no target called {name} has been seen yet", known.Count == 0 ? "no target has been seen at all" : "known are: " + string.Join(", ", known.Select(t => t.Name)));
    }

    private static async Task<List<(long Id, string Name)>> KnownAsync(LedgerDb ledger, CancellationToken cancel)
    {
        await using var connection = await ledger.Source.OpenConnectionAsync(cancel).ConfigureAwait(false);
        return (await connection.QueryAsync<(long Id, string Name)>(new CommandDefinition(Sql.Of(typeof(KnownTargets), "known_targets"), cancellationToken: cancel)).ConfigureAwait(false)).AsList();
    }
}
