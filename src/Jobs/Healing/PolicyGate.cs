using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Healing;

public enum GateDecision { Go, Observe, Approval, Window, No }

/// <summary>Whether a repair may begin now: by mode, risk class, policy of the target, maintenance window and approval.</summary>
public static class PolicyGate
{
    public static Gate Decide(Incident incident, HealingMode mode, TargetOptions target, DateTimeOffset now, bool neverWait, bool approveAll)
    {
        if (incident.Repair is null || incident.Risk is not { } risk)
        {
            return new(GateDecision.No, $"there is no repair for {incident.Kind.Name} here, a person must look at it: {incident.Detail}");
        }
        if ((target.Mode ?? mode) == HealingMode.Observe)
        {
            return new(GateDecision.Observe, "the mode is observe: it is looked at and told, and nothing is repaired");
        }
        var approved = incident.ApprovedBy is not null;
        var policy = Policy(risk, target);
        if (risk == RiskClass.Manual)
        {
            return approved ? Gate.Open : new(GateDecision.Approval, "it may lose something: the plan wants to be read and approved");
        }
        return policy switch
        {
            RepairPolicy.Never => new(GateDecision.No, $"the policy of the target says never for {risk.Name()}"),
            RepairPolicy.Auto => Gate.Open,
            _ when approved || approveAll => Gate.Open,
            RepairPolicy.Window when !neverWait && MaintenanceWindow.Parse(target.MaintenanceWindow) is { } window =>
                window.Contains(now) ? Gate.Open : new(GateDecision.Window, $"it waits for the window {target.MaintenanceWindow}") { Until = window.NextStart(now) },
            RepairPolicy.Window => new(GateDecision.Approval, $"{risk.Name()} without an open maintenance window wants approval"),
            _ => new(GateDecision.Approval, $"{risk.Name()} wants approval here"),
        };
    }

    private static RepairPolicy Policy(RiskClass risk, TargetOptions target) =>
        target.Policy.TryGetValue(risk.Name(), out var said) ? said
        : risk switch
        {
            RiskClass.LosslessOnline => RepairPolicy.Auto,
            RiskClass.LosslessLocking => RepairPolicy.Window,
            _ => RepairPolicy.Approve,
        };
}

public sealed record Gate(GateDecision Decision, string Why)
{
    public static readonly Gate Open = new(GateDecision.Go, "");
    public DateTimeOffset? Until { get; init; }
}
