using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Whether text still sorts as it did when the indexes were built: by the versions, and by the order itself.</summary>
public sealed class CollationCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "collation", "Compares the recorded version of each collation with the present one, and how it sorts with how it sorted at the last run.", "db.index_check",
        "Reads the catalogue and sorts some hundred words for each collation in use.", "ACCESS SHARE on catalogues.",
        "Nothing. The order is compared only where there is a ledger; PostgreSQL 14 keeps no version of a database's own collation.",
        "A change that touches none of its words, and one from before its first run where there is no version.",
        [FindingKind.CollationVersion, FindingKind.CollationOrder]) { OnStandby = true };

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        var uses = await CollationUse.ReadAsync(connection, cancel).ConfigureAwait(false);
        var states = await CollationState.ReadAsync(connection, facts, uses.Select(u => u.Key), cancel).ConfigureAwait(false);
        var reordered = request.Memory is null ? [] : await ReorderedAsync(connection, new(request.Memory, facts.Id), states, uses, cancel).ConfigureAwait(false);
        var findings = new List<Finding>();
        foreach (var state in states)
        {
            var stale = reordered.GetValueOrDefault(state.Oid);
            if (state.HasDrifted)
            {
                var finding = Of(FindingKind.CollationVersion, facts.Id, state, [.. uses[state.Oid]], $"version {state.Recorded} is recorded and {state.Actual} is provided");
                findings.Add(stale is null ? finding : finding with { Severity = Severity.Critical, Detail = finding.Detail + "; it does sort otherwise than before" });
            }
            else if (stale is not null)
            {
                findings.Add(Of(FindingKind.CollationOrder, facts.Id, state, stale, "it sorts otherwise than before, and no version says so"));
            }
        }
        return new(Description.Name, findings.Count > 0 ? CheckStatus.Damaged : CheckStatus.Clean, elapsed(), null, findings, [.. states.Select(s => s.Oid)])
        {
            ExaminedNames = [.. states.Select(s => s.Name.Quoted)],
        };
    }, cancel);

    private static async Task<Dictionary<long, IReadOnlyList<CollationUse>>> ReorderedAsync(
        NpgsqlConnection connection, CollationMemory memory, IReadOnlyList<CollationState> states, ILookup<long, CollationUse> uses, CancellationToken cancel)
    {
        var order = await CollationOrder.ReaderAsync(connection, cancel).ConfigureAwait(false);
        var reordered = new Dictionary<long, IReadOnlyList<CollationUse>>();
        foreach (var state in states.Where(s => uses.Contains(s.Oid)))
        {
            if (await memory.StaleAsync(state, await order(state).ConfigureAwait(false), [.. uses[state.Oid]], cancel).ConfigureAwait(false) is { } stale)
            {
                reordered[state.Oid] = stale;
            }
        }
        return reordered;
    }

    private Finding Of(FindingKind kind, TargetId target, CollationState state, IReadOnlyList<CollationUse> uses, string what)
    {
        var indexes = uses.Where(u => u.Kind == CollationUse.Index).ToList();
        var keys = uses.Where(u => u.Kind == CollationUse.PartitionKey).ToList();
        var finding = Finding.Of(Description.Name, kind, target, state.Name, $"{what}; {indexes.Count} index(es) depend on it") with
        {
            Evidence = new JsonObject
            {
                ["collation_oid"] = state.Oid,
                ["collation"] = state.Quoted,
                ["is_default"] = state.IsDefault,
                ["provider"] = state.Provider,
                ["recorded"] = state.Recorded,
                ["actual"] = state.Actual,
                ["indexes"] = new JsonArray([.. indexes.Select(u => u.ToJson())]),
                ["partition_keys"] = new JsonArray([.. keys.Select(u => u.ToJson())]),
                ["constraints"] = new JsonArray([.. uses.Where(u => u.Kind == CollationUse.Constraint).Select(u => u.ToJson())]),
            },
        };
        // Versions are refreshed by a repair that looks at every partition's rows first; an order without a version leaves nothing to refresh.
        return keys.Count > 0 && kind == FindingKind.CollationOrder
            ? finding with
            {
                Repair = null,
                Risk = null,
                Detail = $"{finding.Detail}; rows may be in the wrong partition of {string.Join(", ", keys.Select(k => k.Quoted))}, which no rebuild of an index puts right: a person moves them first",
            }
            : indexes.Exists(i => i.NeedsLocks) ? finding with { Risk = RiskClass.LosslessLocking }
            : finding;
    }
}
