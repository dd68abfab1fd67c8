using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Incidents;

/// <summary>How the targets were at their last health check, so that nobody who looks at a page has to ask their servers.</summary>
public sealed class TargetLooks(LedgerDb db)
{
    public Task SaveAsync(long target, TargetLook look, CancellationToken cancel) =>
        db.DoAsync(Sql.Of<TargetLooks>("target_look"), new { Target = target, Look = look.ToJson() }, cancel);
}
