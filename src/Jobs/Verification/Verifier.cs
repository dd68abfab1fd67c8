using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Repairs;

namespace HealingWorkers.Jobs.Verification;

/// <summary>Proves a repair: the originating check again, on what was rebuilt and its neighbours, and then past the cache.</summary>
public sealed class Verifier(IReadOnlyList<ICheck> checks, IReadOnlyList<IRepair> repairs, IndexRecheck recheck, ICheckMemory memory)
{
    public async Task<VerificationResult> VerifyAsync(RepairSession session, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel)
    {
        var indexes = result.Rebuilt.Union(plan.Neighbours).ToList();
        // our session reads the disk while another one runs the check
        var disk = new PastCache(session).ReadAsync(result, cancel);
        IndexVerdict? verdict = null;
        try
        {
            if (indexes.Count > 0)
            {
                verdict = await recheck.LookAsync(session.Target, indexes, cancel).ConfigureAwait(false);
            }
        }
        finally
        {
            await ((Task)disk).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        if (verdict is { Sound: false } unsound)
        {
            return new(unsound.Looked ? Proof.Wrong : Proof.Unverifiable, false, unsound.Said);
        }
        var again = await AgainAsync(session, incident, indexes.Count > 0, cancel).ConfigureAwait(false);
        if (again is { Proof: not Proof.Proven })
        {
            return again;
        }
        var own = await OwnAsync(session, incident, plan, result, cancel).ConfigureAwait(false);
        if (own is { Proof: not Proof.Proven })
        {
            return own;
        }
        var onDisk = await disk.ConfigureAwait(false);
        return onDisk.Proof == Proof.Proven
            ? onDisk with { Statement = string.Join("; ", new[] { verdict?.Said, again?.Statement, own?.Statement, onDisk.Statement }.OfType<string>()) }
            : onDisk;
    }

    /// <summary>Null where the repair has no proof of its own.</summary>
    private async Task<VerificationResult?> OwnAsync(RepairSession session, Incident incident, RepairPlan plan, RepairResult result, CancellationToken cancel)
    {
        if (repairs.FirstOrDefault(r => string.Equals(r.Name, plan.Repair, StringComparison.Ordinal)) is not IProvenRepair proven)
        {
            return null;
        }
        var own = await proven.ProveAsync(session, incident, plan, result, cancel).ConfigureAwait(false);
        return new(own.Holds switch { true => Proof.Proven, false => Proof.Wrong, _ => Proof.Unverifiable }, false, own.Said);
    }

    /// <summary>Null where the re-check of the indexes was the originating check.</summary>
    private async Task<VerificationResult?> AgainAsync(RepairSession session, Incident incident, bool rechecked, CancellationToken cancel)
    {
        var origin = checks.FirstOrDefault(c => string.Equals(c.Description.Name, incident.Check, StringComparison.Ordinal));
        if (origin is null)
        {
            return new(Proof.Unverifiable, false, $"the check {incident.Check} that found it is not there to look again");
        }
        if (incident.Kind.IsOfIndex)
        {
            return rechecked ? null
                : await IndexLook.AtAsync(session.Connection, incident.Object, cancel).ConfigureAwait(false) is null
                    ? new(Proof.Proven, false, $"{incident.Object} no longer exists")
                    : new(Proof.Unverifiable, false, $"nothing says which index stands for {incident.Object} now");
        }
        var report = await origin.RunAsync(new(session.Target, ScopeOf(origin, incident)) { Memory = memory }, cancel).ConfigureAwait(false);
        if (IsCutOff(origin, incident, report) && DamagedBlock.NumberOf(incident) is { } block)
        {
            // so much else is damaged that its block was not come to: it alone
            report = await origin.RunAsync(new(session.Target, CheckScope.OfBlock(incident.TableOid, block)) { Memory = memory }, cancel).ConfigureAwait(false);
        }
        return report.Findings.FirstOrDefault(f => f.Fingerprint == incident.Fingerprint) is { } still ? new(Proof.Wrong, false, $"{incident.Check} finds it again: {still.Detail}")
            : report.Status is CheckStatus.Unavailable or CheckStatus.Failed ? new(Proof.Unverifiable, false, $"{incident.Check} is {report.Status.ToString().ToLowerInvariant()}: {report.Reason}")
            : IsCutOff(origin, incident, report) ? new(Proof.Unverifiable, false, $"{incident.Check} did not look at all of {incident.Object}")
            : new(Proof.Proven, false, $"{incident.Check} does not find it again");
    }

    /// <summary>Of a table with very much damage only a part is looked at: that something is not found there says nothing.</summary>
    private static bool IsCutOff(ICheck origin, Incident incident, CheckReport report) =>
        origin is HeapCheck && report.Status == CheckStatus.Damaged && !report.Examined.Contains(incident.TableOid);

    /// <summary>The table that it was found in, where the check can look at one alone.</summary>
    private static CheckScope ScopeOf(ICheck origin, Incident incident) =>
        origin.Description.Reach == CheckReach.Database || incident.Object.Oid == 0 ? CheckScope.All
        : CheckScope.OfTable(incident.TableOid);
}
