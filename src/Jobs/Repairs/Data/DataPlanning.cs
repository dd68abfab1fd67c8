using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What all repairs of the data look at before they promise anything.</summary>
internal sealed class DataPlanning(RepairSession session, Incident incident, string repair)
{
    private const string Locks = "ROW EXCLUSIVE on the table, and each row for as long as its batch takes: an eighth of a second is aimed at; nobody who reads waits";

    public JsonNode Evidence { get; } = JsonNode.Parse(incident.Evidence) ?? new JsonObject();
    public RepairPlan Plan { get; } = new(repair, RiskClass.Quarantining, []) { Derived = true };

    public string? Part => (string?)Evidence["part"];
    public long Table => incident.TableOid;

    /// <param name="optedIn">The owner said what is to be done with such rows.</param>
    public async Task<RepairPlan> OfAsync(DataWork work, bool optedIn, IReadOnlyList<long> others, CancellationToken cancel)
    {
        if (Beside([work.Rows.Table.Oid, .. others]) is { } beside)
        {
            return beside.State == IncidentState.Escalated
                ? Plan with { Refuse = $"{beside.Object} has other damage ({beside.Kind.Name}, incident {beside.Id}) that waits for a person: what looks wrong here may be its consequence" }
                : Plan with { Defer = $"{beside.Object} has other damage ({beside.Kind.Name}, incident {beside.Id}), which comes first" };
        }
        foreach (var leaf in work.Found.Places.Select(p => p.Leaf).Distinct())
        {
            if (await TableObstacles.OfAsync(session.Connection, leaf.Oid, work.Action, cancel).ConfigureAwait(false) is { Count: > 0 } obstacles)
            {
                return Plan with { Refuse = string.Join("; ", obstacles) };
            }
        }
        return Plan with
        {
            Work = work,
            Rows = work.Found.Count,
            OptedIn = optedIn,
            Samples = work.Found.Samples,
            Steps = [new(Statement(work), Locks, work.Reason)],
            Notes = work.Audit is null ? [] : [$"each row is also told in {work.Audit.Quoted}"],
        };
    }

    private static string Statement(DataWork work) => work.Set is null
        ? $"{work.Found.Count} row(s) of {work.Rows.Table.Quoted}, and what foreign keys take along, to healing_quarantine; then DELETE FROM {work.Rows.Table.Quoted}, in batches"
        : $"{work.Found.Count} row(s) of {work.Rows.Table.Quoted} to healing_quarantine as they are; then UPDATE {work.Rows.Table.Quoted} SET {string.Join(", ", work.Set.Select(s => $"{s.Key} = {s.Value}"))}, in batches";

    /// <summary>Damage to the files of these tables or their indexes.</summary>
    private Incident? Beside(IReadOnlyCollection<long> tables) => session.OpenBeside
        .Where(i => i is { Severity: Severity.Critical, Kind.IsOfData: false, State: not IncidentState.Suppressed })
        .Where(i => tables.Contains(i.Object.Oid) || tables.Contains(i.TableOid))
        .OrderByDescending(i => i.State == IncidentState.Escalated).FirstOrDefault();

    public RepairPlan Told(HealingException e) => Plan with { Refuse = $"{e.Message} ({e.Hint})" };

    public RepairPlan Nothing(string why) => Plan with { Nothing = why };
}
