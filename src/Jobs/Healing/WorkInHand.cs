using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Verification;

namespace HealingWorkers.Jobs.Healing;

/// <summary>What one attempt has come to so far.</summary>
internal sealed class WorkInHand(Incident incident, RepairPlan plan)
{
    public Incident Incident { get; set; } = incident;
    public RepairPlan Plan => plan;
    public ReceiptSnapshot Snapshot { get; set; } = new(null, "none", null, "not taken yet");
    /// <summary>How it went on a copy; null where nobody asked for that.</summary>
    public string? Rehearsal { get; set; }
    public RepairResult? Result { get; set; }
    public IReadOnlyList<ReceiptQuarantine> Quarantine { get; set; } = [];
    public VerificationResult? Verification { get; set; }
    /// <summary>Why its work was stopped; null when it was not.</summary>
    public string? Stopped { get; set; }
}
