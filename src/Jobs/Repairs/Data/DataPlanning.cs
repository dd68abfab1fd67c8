using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What all repairs of the data look at before they promise anything.</summary>
internal sealed class DataPlanning(RepairSession session, Incident incident, string repair)
{
    public JsonNode Evidence { get; } = JsonNode.Parse(incident.Evidence) ?? new JsonObject();
    public RepairPlan Plan { get; } = new(repair, RiskClass.Quarantining, []) { Derived = true };

    public string? Part => (string?)Evidence["part"];
    public long Table => incident.TableOid;

    /// <summary>What is pointed at may be on its way, is another server's to put right, or must not be compared; null where none is so.</summary>
    public RepairPlan? NotNow(ForeignKey? pointing, string about) =>
        pointing is { OwnCast: not null } ? Plan with { Refuse = $"{about}: {pointing.WhyNot}" }
        : pointing is { Loading: { } loading } ? Plan with { Defer = $"{about}: {loading}" }
        : pointing is { IsSubscribed: true } ? Plan with { Refuse = $"{about}: {ForeignKey.OfPublisher}" } : null;

    /// <param name="optedIn">The owner said what is to be done with such rows.</param>
    /// <param name="pointing">By what they are wrong, where that is a row of another table that is not there.</param>
    public async Task<RepairPlan> OfAsync(DataWork work, bool optedIn, ForeignKey? pointing, CancellationToken cancel)
    {
        var parents = pointing is null ? [] : await ParentLeaf.OfAsync(session.Connection, pointing, cancel).ConfigureAwait(false);
        var leaves = work.Found.Places.Select(p => p.Leaf).Distinct().ToList();
        if (await BesideAsync([work.Rows.Table.Oid, .. leaves.Select(l => l.Oid), .. pointing is null ? (long[])[] : [pointing.Parent], .. parents.Select(p => p.Oid)], cancel).ConfigureAwait(false) is { } beside)
        {
            return beside.State == IncidentState.Escalated
                ? Plan with { Refuse = $"{beside.Object} has other damage ({beside.Kind.Name}, incident {beside.Id}) that waits for a person: what looks wrong here may be its consequence" }
                : Plan with { Defer = $"{beside.Object} has other damage ({beside.Kind.Name}, incident {beside.Id}), which comes first" };
        }
        var plan = pointing is null ? Plan : await new SoundParent(session, pointing, parents).OfAsync(Plan, work.Found, cancel).ConfigureAwait(false);
        if ((plan.Refuse ?? plan.Defer) is not null)
        {
            return plan;
        }
        foreach (var leaf in leaves)
        {
            if (await TableObstacles.OfAsync(session.Connection, leaf.Oid, work.Action, cancel).ConfigureAwait(false) is { Count: > 0 } obstacles)
            {
                return Plan with { Refuse = string.Join("; ", obstacles) };
            }
        }
        var closure = work.Set is not null ? null : new ClosureCount(session.Connection, await SoftReferences.OfAsync(session.Target, cancel).ConfigureAwait(false));
        var along = closure is null ? 0 : await closure.OfAsync(work.Found.Places, cancel).ConfigureAwait(false);
        var uncounted = along is null ? $"more rows than can be counted go along with {work.Found.Count} row(s) of {work.Rows.Table.Quoted} by foreign keys" : null;
        // whoever switches a key off may be loading, the children first
        var off = pointing is { Oid: not null, Enforced: false } ? $"{pointing.Label} is switched off (DISABLE TRIGGER, NOT ENFORCED), so that rows may be here before what they point at: approve only if no load is under way" : null;
        var asks = string.Join("; ", SoftlyReferring.Told(closure?.Softly ?? []).Prepend(off).Prepend(plan.Asks).Prepend(uncounted).Where(a => a is not null));
        var rows = work.Found.Count + (along ?? 0);
        return plan with
        {
            // more than were counted are more than anybody agreed to
            Work = work with { MostRows = along is null ? null : rows },
            Rows = rows,
            Asks = asks.Length == 0 ? null : asks,
            OptedIn = optedIn,
            Samples = work.Found.Samples,
            Steps = await new DataSteps(session, work, closure?.Taken ?? []).OfAsync(cancel).ConfigureAwait(false),
            Notes = [.. work.Audit is null ? (string[])[] : [$"each row is also told in {work.Audit.Quoted}"], .. work.Set is null ? await new SlowReferences(session.Connection).OfAsync(leaves, cancel).ConfigureAwait(false) : []],
        };
    }

    /// <summary>Damage to the files of these tables or their indexes.</summary>
    private async Task<Incident?> BesideAsync(IReadOnlyCollection<long> tables, CancellationToken cancel) => (await session.OpenBesideAsync(tables, cancel).ConfigureAwait(false))
        .Where(i => i is { Severity: Severity.Critical, Kind.IsOfData: false, State: not IncidentState.Suppressed })
        .Where(i => tables.Contains(i.Object.Oid) || tables.Contains(i.TableOid))
        .OrderByDescending(i => i.State == IncidentState.Escalated).FirstOrDefault();

    public RepairPlan Told(HealingException e) => Plan with { Refuse = $"{e.Message} ({e.Hint})" };

    /// <param name="twin">What an earlier attempt that took rows was to be proven by, and was not.</param>
    public RepairPlan Nothing(string why, TwinConstraint? twin = null) => Plan with { Nothing = why, Work = session.SentBefore is { Count: > 0 } ? twin : null };
}
