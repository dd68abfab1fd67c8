using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Rows that do not keep what the catalogue calls valid: CHECK, NOT NULL and the constraints of domains.</summary>
public sealed class RowConstraintsCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "row_constraints", "Tests every row against the CHECK constraints, NOT NULL and domains that the catalogue calls valid: the server itself never looks at them again.", "db.orphan_cleanup",
        "Reads every table that has such constraints once, in pieces.", "ACCESS SHARE.",
        "SELECT on these tables (pg_read_all_data), and BYPASSRLS where they have row security.",
        "Constraints that are NOT VALID; those that call a function which is not a superuser's, or one that depends on the session (its time zone, its role, the clock); domains within arrays and composite types; NULL where the CHECK of a domain refuses it.",
        [FindingKind.ConstraintViolated, FindingKind.DeadlyRead])
    {
        Reach = CheckReach.Table,
    };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        var deadly = await DeadlyReads.OpenAsync(Description.Name, request, facts, cancel).ConfigureAwait(false);
        var look = new DataLook(Description, deadly);
        if (request.Scope.Indexes is not null)
        {
            return look.Report(elapsed());
        }
        var listed = await PatientList.ReadAsync(request.Target, (connection, held) => RowPromise.OfAsync(connection, request.Scope.Table, cancel, held), cancel).ConfigureAwait(false);
        look.Held(listed.Held);
        var tables = listed.Items.GroupBy(p => p.Oid).ToList();
        foreach (var (table, done) in tables.Select((t, i) => (t.ToList(), i)))
        {
            request.Progress?.Report(new(Description.Name, done, tables.Count, table[0].Quoted));
            await LookAsync(request, deadly, facts.Id, look, table, cancel).ConfigureAwait(false);
        }
        return look.Report(elapsed());
    }, cancel);

    /// <summary>Once for all promises together; only where something is wrong, once for each.</summary>
    private async Task LookAsync(CheckRequest request, DeadlyReads deadly, TargetId target, DataLook look, List<RowPromise> promises, CancellationToken cancel)
    {
        var scan = new RowScan(request.Target, request.Throttle, deadly);
        var askable = promises.Where(p => p is { ForeignFunction: null, OfSession: null }).ToList();
        var sound = false;
        if (askable.Count > 1)
        {
            await look.AtAsync(askable[0].Table, askable[0].Quoted, async () =>
            {
                var any = await scan.RunAsync(askable[0].Table, new RowTest(string.Join(" OR ", askable.Select(p => $"({p.Broken})")), []), cancel).ConfigureAwait(false);
                sound = any.Count == 0;
                return null;
            }, deadly.WhyNotRows(askable[0].Table), request.Target).ConfigureAwait(false);
        }
        foreach (var promise in askable)
        {
            await look.AtAsync(promise.Table, $"{promise.Promise} of {promise.Quoted}", async () => sound ? null
                : Found(target, promise, await scan.RunAsync(promise.Table, promise.Test, cancel).ConfigureAwait(false)), deadly.WhyNotRows(promise.Table), request.Target).ConfigureAwait(false);
        }
        foreach (var promise in promises.Except(askable))
        {
            look.LeftOut($"{promise.Promise} of {promise.Quoted}", promise.ForeignFunction is { } function ? $"it calls {function}, which is not a superuser's; ask it by hand, as the owner of the table"
                : $"it depends on the session that asks ({promise.OfSession}), so that rows which were right when they were written may look wrong in another time zone or to another role");
        }
    }

    private Finding? Found(TargetId target, RowPromise promise, WrongRows wrong)
    {
        if (wrong.Count == 0)
        {
            return null;
        }
        var finding = Of(target, promise, wrong);
        return !promise.MayBeLawful ? finding
            : finding with { Detail = $"{finding.Detail}; an outer join or a subquery without a row brings NULL into such a column without an error, so that a person decides", Repair = null, Risk = null };
    }

    private Finding Of(TargetId target, RowPromise promise, WrongRows wrong) =>
        Finding.Of(Description.Name, FindingKind.ConstraintViolated, target, promise.Table, $"{wrong.Count} row(s) do not keep {promise.Promise}, which the catalogue calls valid", promise.Promise) with
        {
            Evidence = new JsonObject
            {
                ["table"] = promise.Quoted,
                ["table_oid"] = promise.Oid,
                ["constraint"] = promise.Promise,
                ["constraint_oid"] = promise.ConstraintOid,
                ["column"] = promise.OfColumn,
                ["part"] = promise.Promise,
                ["broken"] = promise.Broken,
                ["count"] = wrong.Count,
                ["samples"] = DataLook.Samples(promise.Test.Shown, wrong.Rows),
            },
        };
}
