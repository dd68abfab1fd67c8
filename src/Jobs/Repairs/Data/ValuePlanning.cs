using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Incidents;
using HealingWorkers.Jobs.Options;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Looks at wrong values anew, by the rule or the constraint as it is now.</summary>
internal static class ValuePlanning
{
    public static async Task<RepairPlan> OfAsync(RepairSession session, Incident incident, string repair, RuleAction action, CancellationToken cancel)
    {
        var planning = new DataPlanning(session, incident, repair);
        try
        {
            if (incident.Kind == FindingKind.ConstraintViolated)
            {
                return await OfPromiseAsync(session, incident, planning, cancel).ConfigureAwait(false);
            }
            var rules = session.Target.Options.Rules;
            ValueRule? rule = incident.Kind == FindingKind.JsonShapeInvalid
                ? rules.Json.FirstOrDefault(r => string.Equals(r.Column.ToString(), planning.Part, StringComparison.Ordinal))
                : rules.AllowedValues.FirstOrDefault(r => string.Equals(r.Column.ToString(), planning.Part, StringComparison.Ordinal));
            return rule is null ? planning.Nothing($"no rule is about {planning.Part} any more")
                : rule.OnViolation != action ? planning.Plan with { Refuse = $"the rule says {rule.OnViolation.ToString().ToLowerInvariant()} by now: reopen it after the next check" }
                : await OfRuleAsync(session, incident, planning, rule, cancel).ConfigureAwait(false);
        }
        catch (HealingException e)
        {
            return planning.Told(e);
        }
    }

    private static async Task<RepairPlan> OfRuleAsync(RepairSession session, Incident incident, DataPlanning planning, ValueRule rule, CancellationToken cancel)
    {
        RuleTable table;
        IWrongRows rows;
        ForeignKey? pointing = null;
        if (rule is JsonRule json)
        {
            var column = await JsonColumn.OfAsync(session.Connection, json, cancel).ConfigureAwait(false);
            (table, rows) = (column.Table, new MisshapenRows(column));
        }
        else
        {
            var values = await AllowedValues.OfAsync(session.Connection, (AllowedValuesRule)rule, cancel).ConfigureAwait(false);
            (table, rows) = (values.Table, new TestedRows(values.Table.Name, values.Test));
            pointing = values.Key;
        }
        if (planning.NotNow(pointing, rule.Column.ToString()) is { } notNow)
        {
            return notNow;
        }
        var found = await rows.FindAsync(session.Target, cancel).ConfigureAwait(false);
        if (found.Count == 0)
        {
            return planning.Nothing($"no value of {rule.Column} is wrong any more");
        }
        var quoted = table.Columns[0];
        var reason = rule is JsonRule ? $"{quoted} has another shape than its schema says" : $"{quoted} holds a value that is not allowed";
        return await planning.OfAsync(new DataWork(incident, rows, found)
        {
            Reason = reason,
            Set = rule.OnViolation == RuleAction.Nullify ? await SetAsync(session, table, rule, incident, cancel).ConfigureAwait(false) : null,
            Column = rule.OnViolation == RuleAction.Nullify ? quoted : null,
            Key = table.Key,
            Audit = await AuditTable.OfAsync(session.Connection, rule.AuditTable, cancel).ConfigureAwait(false),
        }, optedIn: true, pointing, cancel).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyDictionary<string, string>> SetAsync(RepairSession session, RuleTable table, ValueRule rule, Incident incident, CancellationToken cancel)
    {
        await Nullable.RequireAsync(session, table.Name, table.Columns, cancel).ConfigureAwait(false);
        var set = new Dictionary<string, string>(StringComparer.Ordinal) { [table.Columns[0]] = "NULL" };
        var columns = await DataColumn.OfAsync(session.Connection, table.Oid, cancel).ConfigureAwait(false);
        if (rule.Mark.Length > 0 && columns.FirstOrDefault(c => string.Equals(c.Name, rule.Mark, StringComparison.Ordinal)) is { } mark)
        {
            // the kind is a plain word
            set[mark.Quoted] = mark.Marked($"'{incident.Kind.Name}'")
                ?? throw new HealingException($"the column {mark.Quoted} of {table.Quoted} is of type {mark.Type}, which cannot mark a row", "a mark is a boolean, a time or a text; or say mark: \"\"");
        }
        return set;
    }

    private static async Task<RepairPlan> OfPromiseAsync(RepairSession session, Incident incident, DataPlanning planning, CancellationToken cancel)
    {
        var promises = await RowPromise.OfAsync(session.Connection, planning.Table, cancel).ConfigureAwait(false);
        if (promises.FirstOrDefault(p => string.Equals(p.Promise, planning.Part, StringComparison.Ordinal)) is not { ForeignFunction: null } promise)
        {
            return planning.Nothing($"{planning.Part} of {incident.Object} is no valid constraint any more");
        }
        if (promise.OfSession is { } of)
        {
            return planning.Plan with { Refuse = $"{promise.Promise} of {promise.Quoted} depends on the session that asks ({of}): the rows may be right. Correct them by hand, in a session like the one that wrote them" };
        }
        if (promise.MayBeLawful)
        {
            return planning.Plan with { Refuse = $"NULL in a column whose domain refuses it may be lawful: correct the rows of {promise.Quoted} by hand, or take NOT NULL from the domain" };
        }
        var rows = new TestedRows(promise.Table, promise.Test);
        var found = await rows.FindAsync(session.Target, cancel).ConfigureAwait(false);
        var twin = await TwinAsync(session, promise, cancel).ConfigureAwait(false);
        return found.Count == 0 ? planning.Nothing($"every row of {promise.Quoted} keeps {promise.Promise} by now", twin)
            : await planning.OfAsync(new DataWork(incident, rows, found)
            {
                Reason = $"it does not keep {promise.Promise}",
                Key = promise.Key,
                Twin = twin,
            }, optedIn: false, null, cancel).ConfigureAwait(false);
    }

    private static async Task<TwinConstraint?> TwinAsync(RepairSession session, RowPromise promise, CancellationToken cancel) => promise.Kind switch
    {
        "check" => new(promise.Table, await RowPromise.DefinitionAsync(session.Connection, promise.ConstraintOid!.Value, cancel).ConfigureAwait(false), null),
        "not_null" => new(promise.Table, $"CHECK ({promise.OfColumn} IS NOT NULL)", null),
        _ => null,
    };
}
