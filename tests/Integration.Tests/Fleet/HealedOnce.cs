using HealingWorkers.Drill;
using NUnit.Framework;

namespace HealingWorkers.Integration.Tests.Fleet;

/// <summary>The oracle of the fleet: one incident, one repair that ended well, and nothing else anywhere.</summary>
public static class HealedOnce
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);

    /// <summary>Waits until nobody has anything to do about the target, with its one incident in the state.</summary>
    public static async Task<SeenIncident> SettledAsync(WorkerFleet fleet, string target, string state, TimeSpan? patience = null)
    {
        IReadOnlyList<SeenIncident> incidents = [];
        IReadOnlyList<string> unfinished = [];
        try
        {
            await Poll.UntilAsync(
                async _ =>
                {
                    incidents = await fleet.Ledger.IncidentsAsync(target);
                    unfinished = await fleet.Ledger.UnfinishedAsync(target);
                    return incidents.Count > 0 && incidents.All(i => i.State == state) && unfinished.Count == 0;
                },
                patience ?? Patience, $"{target} {state}");
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}; {string.Join(", ", incidents)}; {string.Join(", ", unfinished)}", e);
        }
        Assert.That(incidents, Has.Count.EqualTo(1), string.Join(", ", incidents));
        return incidents[0];
    }

    /// <param name="rebuilds">How many rebuilds the server may have finished; one, unless the damage went away otherwise.</param>
    public static async Task<SeenIncident> AssertAsync(WorkerFleet fleet, Patient patient, TimeSpan? patience = null, int rebuilds = 1)
    {
        var incident = await SettledAsync(fleet, patient.Name, "Resolved", patience);
        var attempts = await fleet.Ledger.AttemptsAsync(incident.Id);
        var told = string.Join(", ", attempts);
        Assert.That(attempts.Count(a => a.Outcome == "succeeded"), Is.EqualTo(1), told);
        Assert.That(attempts[^1].Outcome, Is.EqualTo("succeeded"), told);
        Assert.That(attempts.Select(a => a.Outcome), Has.None.Null, told);
        Assert.That(await fleet.Ledger.ReceiptsAsync(incident.Id), Is.GreaterThanOrEqualTo(1), "no receipt");
        Assert.That(patient.RebuildsDone(), Is.EqualTo(rebuilds), "rebuilds done, by the server's log");
        await patient.AssertSoundAsync();
        await patient.AssertNothingLeftAsync();
        return incident;
    }
}
