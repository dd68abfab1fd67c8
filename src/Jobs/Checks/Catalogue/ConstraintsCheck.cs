using HealingWorkers.Jobs.Findings;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Constraints that hold for new rows only.</summary>
public sealed class ConstraintsCheck : ICheck
{
    public CheckDescription Description { get; } = new(
        "constraints", "Names constraints that were added NOT VALID and never validated, or NOT ENFORCED.", "db.index_check",
        "Reads the catalogue.", "ACCESS SHARE on catalogues.", "Nothing.",
        "Whether rows break them: the checks of the data look at that.",
        [FindingKind.ConstraintNotValid]);

    public Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel) => CheckRun.GuardAsync(Description, request, async elapsed =>
    {
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        var (findings, held) = await PatientList.ReadAsync(request.Target, async (connection, without) =>
        {
            await using var query = new NpgsqlCommand(Sql.Of<ICheck>("constraints_not_valid")) { Parameters = { new("held", without) } };
            return await CatalogueList.FindingsAsync(connection, Description.Name, facts.Id, query, cancel).ConfigureAwait(false);
        }, cancel).ConfigureAwait(false);
        var report = CatalogueList.Report(Description, elapsed(), findings, [.. findings.Select(f => f.Object)]);
        return held.Count == 0 ? report : report with { Reason = PatientList.NotExamined(held) };
    }, cancel);
}
