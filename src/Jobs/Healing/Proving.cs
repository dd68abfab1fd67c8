using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;
using HealingWorkers.Jobs.Verification;

namespace HealingWorkers.Jobs.Healing;

/// <summary>The proof of a repair, on the live server and on a copy of it alike.</summary>
internal sealed class Proving(HealerTools tools, HealerSettings settings)
{
    public async Task<VerificationResult> VerifyAsync(RepairSession bench, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel)
    {
        // what was repaired may have kept them out until now
        await CheckExtensions.CreateAsync(bench.Target, settings.Extensions, cancel).ConfigureAwait(false);
        return await tools.Verifier.VerifyAsync(bench, incident, plan, result, cancel).ConfigureAwait(false);
    }
}
