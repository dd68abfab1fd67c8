using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Schedule;
using static HealingWorkers.Jobs.Incidents.IncidentState;

namespace HealingWorkers.Dashboard.Pages.Incidents;

/// <summary>Incidents in the words of the pages.</summary>
public static class IncidentWords
{
    public static string Words(this IncidentState state) => state switch
    {
        AwaitingApproval => "awaiting approval",
        AwaitingWindow => "awaiting window",
        _ => state.ToString().ToLowerInvariant(),
    };

    public static string Tone(this IncidentState state) => state switch
    {
        Resolved => "good",
        Escalated => "bad",
        AwaitingApproval or AwaitingWindow => "wait",
        Detected or Snapshotting or Repairing or Verifying => "busy",
        _ => "none",
    };

    /// <summary>How a run stands.</summary>
    public static string Stands(JobRun run) => run.State switch
    {
        "pending" => run.Deferrals > 0 && run.Note is { Length: > 0 } why ? $"it waits: {why}" : "it waits for a worker",
        "running" => $"it runs{(run.Worker is null ? "" : $" on {run.Worker.Split('/')[0]}")}",
        "cancelled" => "it was cancelled",
        "failed" => $"it failed: {run.Error}",
        _ => run.Note is { Length: > 0 } said ? $"it is done: {said}" : "it is done",
    };

    /// <summary>What happens next without anybody doing anything, or what waits for whom.</summary>
    /// <param name="undo">It waits or runs.</param>
    public static string Next(Incident i, HealingOptions options, bool paused, JobRun? undo = null) => i.State switch
    {
        _ when undo is not null && paused => $"Nothing: run {undo.Id} writes to this target, and its repairs are paused. Resume them first.",
        _ when undo is not null => $"A worker carries out run {undo.Id}, which was asked for.",
        Snapshotting => $"Attempt {i.Attempts} of {i.AttemptsAllowed} keeps the evidence before anything is touched.",
        Repairing => $"Attempt {i.Attempts} of {i.AttemptsAllowed} repairs it right now.",
        Verifying => $"Attempt {i.Attempts} of {i.AttemptsAllowed} proves that it is healed.",
        Resolved => "Nothing: it is over.",
        Closed => "Nothing: a person closed it. If it is found again, it is a new incident.",
        Undone => "Nothing: the rows are back as they were, and the same damage is left alone from now on.",
        Escalated => "A person decides: the workers do no more until somebody reopens or closes it.",
        Suppressed => i.DueAt is null ? "It is left alone until somebody reopens it." : "It is left alone until its date, or until somebody reopens it.",
        _ when paused => "Nothing: repairs of this target are paused. Resume them to go on.",
        AwaitingApproval when i.ApprovedBy is not null => $"Approved by {i.ApprovedBy}: the next free worker carries it out.",
        AwaitingApproval => "It waits for somebody to read the plan and to approve or refuse it.",
        AwaitingWindow => i.DueAt is null ? "It waits for the maintenance window of its target." : "It is repaired when the maintenance window opens.",
        _ when string.Equals(i.Reason, RepairRequests.OnlyObserved, StringComparison.Ordinal) => "Nothing: this target is only observed. Set its mode to heal to have it repaired.",
        _ when i.Repair is null && i.Kind.IsSymptom => "It goes away with what else is found on its table. A worker hands it to a person where nothing of that is open and it is still found.",
        _ when i.IsTakenUpAtOnce && i.Repair is null => "A free worker hands it to a person, since nothing repairs this by itself.",
        _ when i.Repair is null => "Nothing repairs this by itself: it ends when two looks in a row no longer find it.",
        _ when options.Targets.All(t => t.Name != i.TargetName) => "Nothing: its target is not configured here any more.",
        _ => $"A free worker takes it up and repairs it by {i.Repair} (attempt {i.Attempts + 1} of {i.AttemptsAllowed}).",
    };
}
