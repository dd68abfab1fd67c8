using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>Objects of open incidents that somebody dropped: no check can look at them again, so the catalogue is asked.</summary>
public sealed class Absences(IncidentLedger incidents)
{
    private const int Most = 1000;

    /// <summary>Once for each whole look at a target. Returns what is resolved by it.</summary>
    public async Task<IReadOnlyList<Incident>> LookAsync(Target target, long id, IEnumerable<ICheck> checks, string actor, CancellationToken cancel)
    {
        var open = await incidents.ListAsync(new IncidentFilter { Target = target.Name, OpenOnly = true, Limit = Most }, cancel).ConfigureAwait(false);
        var gone = new List<Incident>();
        foreach (var check in checks.Select(c => c.Description.Name))
        {
            // oid 0: what the incident is about is no object of the catalogue
            var about = open.Where(i => i.TargetId == id && i.Object.Oid != 0 && !i.Kind.IsEvent && string.Equals(i.Check, check, StringComparison.Ordinal)).Select(i => i.Object).ToList();
            var before = target.StandbySessions;
            if (about.Count > 0 && await AbsentAsync(target, about, cancel).ConfigureAwait(false) is { Count: > 0 } absent)
            {
                gone.AddRange(await incidents.AbsentAsync(id, check, absent, actor, cancel, target.StandbySessions != before).ConfigureAwait(false));
            }
        }
        return gone;
    }

    private static async Task<IReadOnlyList<string>> AbsentAsync(Target target, IReadOnlyList<RelationName> objects, CancellationToken cancel)
    {
        await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
        return (await connection.QueryAsync<string>(new CommandDefinition(Sql.Of<IncidentLedger>("absent"),
            new { Oids = objects.Select(o => o.Oid).ToArray(), Names = objects.Select(o => o.Quoted).ToArray() }, cancellationToken: cancel)).ConfigureAwait(false)).AsList();
    }
}
