using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>What a person may decide about an incident; each decision names its actor and its reason, and is audited.</summary>
public sealed class IncidentDecisions(IncidentLedger incidents, int freshAttempts)
{
    /// <summary>Approves the plan that waits for it; the next worker that looks takes it up.</summary>
    public Task<Incident> ApproveAsync(long id, string actor, string why, CancellationToken cancel) => ApproveAsync(id, actor, why, rows: null, cancel);

    /// <param name="rows">As many rows as the plan had that was read: more than these want another approval.</param>
    public Task<Incident> ApproveAsync(long id, string actor, string why, long? rows, CancellationToken cancel) => ApproveAsync(id, actor, why, rows, plan: null, cancel);

    /// <param name="plan">The hash of the plan that was read, where it may lose something: any other plan wants another approval. Else of what it asked: any other question does.</param>
    public async Task<Incident> ApproveAsync(long id, string actor, string why, long? rows, string? plan, CancellationToken cancel)
    {
        var incident = await FindAsync(id, cancel);
        if (!incident.WaitsForApproval)
            throw new HealingException($"incident {id} is {incident.State} and waits for no approval", "`healing incidents` shows what does");
        var move = new Move(actor, rows is null ? $"approved: {why}" : $"approved, {rows} row(s): {why}")
        {
            ApprovedBy = actor,
            ApprovedRows = rows,
            ApprovedPlan = plan,
            Reason = why,
            Metadata = plan is null ? "{}" : new JsonObject { ["plan"] = plan }.ToJsonString(),
        };
        try
        {
            return await incidents.StayAsync(id, incident.State, move, cancel);
        }
        catch (PostgresException e) when (MissingTable.Explain(e) is not null)
        {
            // what may lose something is not approved where nobody could keep to the plan
            throw MissingTable.Explain(e)!;
        }
    }

    /// <summary>Takes up again what was given up or suppressed, with fresh attempts.</summary>
    public Task<Incident> ReopenAsync(long id, string actor, string why, CancellationToken cancel) =>
        MoveAsync(id, IncidentState.Detected, new Move(actor, $"reopened: {why}") { MoreAttempts = freshAttempts }, cancel);

    public Task<Incident> CloseAsync(long id, string actor, string why, CancellationToken cancel) =>
        MoveAsync(id, IncidentState.Closed, new Move(actor, $"closed: {why}") { Reason = why }, cancel);

    /// <summary>No to the plan that waits for approval: a person takes over.</summary>
    public async Task<Incident> RefuseAsync(long id, string actor, string why, CancellationToken cancel)
    {
        var incident = await FindAsync(id, cancel);
        if (!incident.WaitsForApproval)
            throw new HealingException($"incident {id} is {incident.State} and waits for no approval", "`healing incidents` shows what does");
        return await incidents.MoveAsync(id, incident.State, IncidentState.Escalated, new Move(actor, $"refused: {why}") { Reason = $"refused by {actor}: {why}" }, cancel);
    }

    /// <summary>A person takes over what the workers would have gone on with.</summary>
    public Task<Incident> EscalateAsync(long id, string actor, string why, CancellationToken cancel) =>
        MoveAsync(id, IncidentState.Escalated, new Move(actor, $"escalated: {why}") { Reason = $"escalated by {actor}: {why}" }, cancel);

    /// <param name="until">Null: until it is reopened.</param>
    public Task<Incident> SuppressAsync(long id, string actor, string why, DateTimeOffset? until, CancellationToken cancel) =>
        MoveAsync(id, IncidentState.Suppressed, new Move(actor, $"suppressed: {why}") { Reason = why, DueAt = until }, cancel);

    private async Task<Incident> MoveAsync(long id, IncidentState to, Move move, CancellationToken cancel)
    {
        var incident = await FindAsync(id, cancel);
        // what a worker has in hand is the worker's, by its lease
        if (incident.State.IsInHand())
            throw new HealingException($"a worker has incident {id} in hand ({incident.State})", "wait until it is done, or pause the repairs of its target");
        return await incidents.MoveAsync(id, incident.State, to, move, cancel);
    }

    private async Task<Incident> FindAsync(long id, CancellationToken cancel) =>
        await incidents.FindAsync(id, cancel) ?? throw new HealingException($"there is no incident {id}", "`healing incidents` lists them");
}
