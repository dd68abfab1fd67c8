using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Looks at orphans anew, by the key as it is now and the rule as it is now.</summary>
internal static class OrphanPlanning
{
    public static async Task<RepairPlan> OfAsync(RepairSession session, Incident incident, string repair, RuleAction action, CancellationToken cancel)
    {
        var planning = new DataPlanning(session, incident, repair);
        try
        {
            HealingException? wrong = null;
            var keys = await DeclaredKeys.OfAsync(session.Target, planning.Table, (_, e) => wrong = e, cancel).ConfigureAwait(false);
            if (keys.FirstOrDefault(k => string.Equals(k.Part, planning.Part, StringComparison.Ordinal)) is not { } declared)
            {
                return wrong is null ? planning.Nothing($"neither the catalogue nor a rule knows {planning.Part} any more") : throw wrong;
            }
            if (declared.Rule is { } rule && rule.OnOrphan != action)
            {
                return planning.Plan with { Refuse = $"the rule says {rule.OnOrphan.ToString().ToLowerInvariant()} by now: reopen it after the next check" };
            }
            return await OfAsync(session, incident, planning, declared, action, cancel).ConfigureAwait(false);
        }
        catch (HealingException e)
        {
            return planning.Told(e);
        }
    }

    private static async Task<RepairPlan> OfAsync(RepairSession session, Incident incident, DataPlanning planning, DeclaredKey declared, RuleAction action, CancellationToken cancel)
    {
        var key = declared.Key;
        if (planning.NotNow(key, key.Label) is { } notNow)
        {
            return notNow;
        }
        var rows = new TestedRows(key.ChildName, declared.Test);
        var found = await rows.FindAsync(session.Target, cancel).ConfigureAwait(false);
        if (found.Count == 0)
        {
            return planning.Nothing($"no row of {key.ChildQuoted} points at nothing any more", TwinOf(session, declared));
        }
        var columns = key.SetColumns.Length > 0 ? key.SetColumns : key.ChildColumns;
        var work = new DataWork(incident, rows, found)
        {
            Reason = $"{key.Pointing} points at rows of {key.ParentQuoted} that do not exist ({key.Label})",
            Set = action == RuleAction.Nullify ? columns.ToDictionary(c => c, _ => "NULL", StringComparer.Ordinal) : null,
            Column = action == RuleAction.Nullify && columns.Length == 1 ? columns[0] : null,
            Key = await Nullable.KeyAsync(session, key.Child, cancel).ConfigureAwait(false),
            Audit = await AuditTable.OfAsync(session.Connection, declared.Rule?.AuditTable, cancel).ConfigureAwait(false),
            Twin = TwinOf(session, declared),
        };
        if (work.Set is not null)
        {
            await Nullable.RequireAsync(session, key.ChildName, columns, cancel).ConfigureAwait(false);
        }
        return await planning.OfAsync(work, declared.Rule is not null, key, cancel).ConfigureAwait(false);
    }

    /// <summary>A soft key, a key whose triggers rest, and one for some rows only are not in force: a twin would refuse what is allowed today.</summary>
    private static TwinConstraint? TwinOf(RepairSession session, DeclaredKey declared) =>
        declared is { Key: { Promise: { } promise, Enforced: true, Validated: true } key } && (declared.Rule?.Where ?? "").Length == 0
        && (session.Facts.Major >= 18 || (key.ChildKind == "r" && key.ParentKind == "r"))
            ? new(key.ChildName, promise, key.Parent) : null;
}
