using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Jobs.Healing;

public enum GateDecision { Go, Observe, Approval, Window, No }

/// <summary>Whether a repair may begin now: by mode, risk class, policy of the target, maintenance window and approval.</summary>
public static class PolicyGate
{
    /// <param name="plan">Null before there is one: then a quarantining repair may be planned, and its rows decide.</param>
    /// <param name="locking">It keeps writers out for as long as it works.</param>
    public static Gate Decide(Incident incident, RepairPlan? plan, HealerSettings settings, TargetOptions target, DateTimeOffset now, bool locking = false)
    {
        var (mode, neverWait, approveAll) = (settings.Mode, settings.NeverWait, settings.ApproveAll);
        if (incident.Repair is null || (plan?.Risk ?? incident.Risk) is not { } risk)
        {
            return new(GateDecision.No, $"there is no repair for {incident.Kind.Name} here, a person must look at it: {incident.Detail}");
        }
        if ((target.Mode ?? mode) == HealingMode.Observe)
        {
            return new(GateDecision.Observe, "the mode is observe: it is looked at and told, and nothing is repaired");
        }
        var grown = plan is not null && incident.ApprovedRows is { } read && plan.Rows > read;
        var approved = incident.ApprovedBy is not null && !grown;
        if (grown && !approveAll)
        {
            return new(GateDecision.Approval, $"{plan!.Rows} rows by now, and {incident.ApprovedRows} were approved: it wants to be read and approved again");
        }
        var (policy, of) = Policy(risk, plan, target, locking);
        if (risk == RiskClass.Manual)
        {
            return plan is not null && incident.ApprovedPlan is { } readPlan && readPlan != PlanHash.Of(plan)
                    ? new(GateDecision.Approval, $"the plan is another one by now than the one that {incident.ApprovedBy} approved: it wants to be read and approved again")
                : approved ? Gate.Open : new(GateDecision.Approval, "it may lose something: the plan wants to be read and approved");
        }
        if (plan?.Asks is { } question && policy != RepairPolicy.Never && !approveAll)
        {
            if (!approved)
            {
                return new(GateDecision.Approval, question);
            }
            if (PlanQuestions.NewTo(incident.ApprovedPlan, question) is { } unread)
            {
                return new(GateDecision.Approval, $"{unread}; {incident.ApprovedBy} has approved nothing that asks this: it wants to be read and approved again");
            }
        }
        if (risk == RiskClass.Quarantining && plan is not null && policy is (RepairPolicy.Auto or RepairPolicy.Window)
            && Rows(plan, approved || approveAll, settings.MaxRowsPerRepair) is { Decision: not GateDecision.Go } tooMany)
        {
            return tooMany;
        }
        return policy switch
        {
            RepairPolicy.Never => new(GateDecision.No, $"the policy of the target says never for {of.Name()}"),
            RepairPolicy.Auto => Gate.Open,
            _ when approved || approveAll => Gate.Open,
            RepairPolicy.Window when !neverWait && MaintenanceWindow.Parse(target.MaintenanceWindow) is { } window =>
                window.EndOf(now) is { } end ? Gate.Open with { Until = end } : new(GateDecision.Window, $"it waits for the window {target.MaintenanceWindow}") { Until = window.NextStart(now) },
            RepairPolicy.Window => new(GateDecision.Approval, $"{risk.Name()} without an open maintenance window wants approval"),
            _ => new(GateDecision.Approval, $"{of.Name()} wants approval here"),
        };
    }

    /// <summary>Whether such repairs of the target wait for its window.</summary>
    public static bool IsOfWindow(RiskClass risk, TargetOptions target, bool locking = false) => Policy(risk, null, target, locking).Policy == RepairPolicy.Window;

    private static Gate Rows(RepairPlan plan, bool approved, int most) =>
        approved || plan.Rows <= most ? Gate.Open
        : new(GateDecision.Approval, $"{plan.Rows} rows are more than max_rows_per_repair ({most}): they want approval");

    /// <summary>Of what keeps writers out as well the stricter of both classes' policies, and which class that is.</summary>
    private static (RepairPolicy Policy, RiskClass Of) Policy(RiskClass risk, RepairPlan? plan, TargetOptions target, bool locking)
    {
        var own = Policy(risk, plan, target);
        return locking && Policy(RiskClass.LosslessLocking, plan, target) is var other && other > own ? (other, RiskClass.LosslessLocking) : (own, risk);
    }

    /// <summary>What is quarantining and was not declared by the owner wants approval.</summary>
    private static RepairPolicy Policy(RiskClass risk, RepairPlan? plan, TargetOptions target) =>
        target.Policy.TryGetValue(risk.Name(), out var said) ? said
        : risk switch
        {
            RiskClass.LosslessOnline => RepairPolicy.Auto,
            RiskClass.LosslessLocking => RepairPolicy.Window,
            _ when plan is not (null or { OptedIn: true }) => RepairPolicy.Approve,
            _ => RepairPolicy.Auto,
        };
}

public sealed record Gate(GateDecision Decision, string Why)
{
    public static readonly Gate Open = new(GateDecision.Go, "");
    /// <summary>Of an open gate, when it closes again; of one that waits for a window, when that begins.</summary>
    public DateTimeOffset? Until { get; init; }
}
