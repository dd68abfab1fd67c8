using HealingWorkers.Jobs.Findings;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Foreign keys, other keys and triggers that are switched off, and sessions that run without any.</summary>
public sealed class TriggersCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "triggers", "Finds foreign keys, deferrable keys and exclusion constraints whose triggers were switched off, names triggers that are, and settings that start sessions as replicas.", "db.index_check",
        "Reads the catalogue.", "ACCESS SHARE on catalogues.", "Nothing; with pg_monitor (role healing_detect) it knows better who is loading rows.",
        "What was written while they were off: the check of foreign keys finds rows that refer to nothing, duplicate_keys rows that share a key.",
        [FindingKind.ForeignKeyDisabled, FindingKind.KeyDisabled, FindingKind.TriggerDisabled, FindingKind.ReplicaRole]);

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await using var query = new NpgsqlCommand(Sql.Of<ICheck>("triggers_off"));
        var findings = await CatalogueList.FindingsAsync(connection, Description.Name, facts.Id, query, cancel).ConfigureAwait(false);
        var examined = await CatalogueList.NamesAsync(connection, Sql.Of<ICheck>("tables_with_keys"), cancel).ConfigureAwait(false);
        return CatalogueList.Report(Description, elapsed(), findings, examined);
    }, cancel);
}
