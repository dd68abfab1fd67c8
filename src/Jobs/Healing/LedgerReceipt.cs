using System.Text.Json;
using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Verification;

namespace HealingWorkers.Jobs.Healing;

/// <summary>The receipt of an attempt whose worker no longer tells of it: what the ledger has of its plan, its evidence and its statements.</summary>
internal static class LedgerReceipt
{
    private const string Unknown = "which statements were sent is not known: at most those of the plan";

    /// <param name="outcome">crashed | escalated.</param>
    public static async Task<Func<JsonObject, ReceiptBody>> OfAsync(HealerLedgers ledgers, Incident incident, string outcome, string why, string worker, CancellationToken cancel)
    {
        var attempt = (await ledgers.Incidents.AttemptsAsync(incident.Id, cancel).ConfigureAwait(false)).FirstOrDefault(a => a.Number == incident.Attempts);
        var kept = (await ledgers.Snapshots.OfIncidentAsync(incident.Id, cancel).ConfigureAwait(false)).LastOrDefault(s => s.Attempt == incident.Attempts);
        var plan = Read<RepairPlan>(attempt?.Plan);
        var statements = Read<IReadOnlyList<string>>(attempt?.Statements);
        return rows => new ReceiptBody
        {
            Incident = incident.Id,
            Attempt = incident.Attempts,
            Outcome = outcome,
            Reason = plan is { Steps.Count: > 0 } && statements is null ? $"{why}; {Unknown}" : why,
            Worker = worker,
            ApprovedBy = incident.ApprovedBy,
            Snapshot = kept is null ? new(null, "none", null, "the ledger has none of this attempt") : new(kept.Id, kept.Kind, kept.Sha256, "kept before anything was changed"),
            Plan = plan is null ? new(attempt?.Repair ?? incident.Repair ?? "", incident.Risk?.Name() ?? "", [], attempt?.Plan is null ? "no plan was recorded" : "the plan that was recorded cannot be read by this version")
                : new(plan.Repair, plan.Risk.Name(), plan.Steps, plan.Nothing),
            Statements = statements ?? [],
            Verification = null,
            Ledger = rows,
        };
    }

    /// <summary>Another version may have written it: that must not keep the crash from being counted.</summary>
    private static T? Read<T>(string? json) where T : class
    {
        try
        {
            return json is null ? null : JsonSerializer.Deserialize<T>(json, LedgerJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
