using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Findings;
using Npgsql;

namespace HealingWorkers.Integration.Tests.Healing;

/// <summary>Collations whose recorded version is not the present one.</summary>
internal sealed class CollationProbe : ICheck
{
    public CheckDescription Description { get; } = new("collation_probe", "", "db.index_check", "", "", "", "", [FindingKind.CollationVersion]);

    public async Task<CheckReport> RunAsync(CheckRequest request, CancellationToken cancel)
    {
        await using var connection = await request.Target.OpenCheckAsync(cancel);
        var facts = await request.Target.FactsAsync(cancel);
        var findings = new List<Finding>();
        await using var command = new NpgsqlCommand(
            """
            SELECT c.oid::bigint, format('%I.%I', n.nspname, c.collname) FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace
            WHERE c.collversion <> pg_collation_actual_version(c.oid)
            """, connection);
        await using var reader = await command.ExecuteReaderAsync(cancel);
        while (await reader.ReadAsync(cancel))
        {
            findings.Add(Finding.Of("collation_probe", FindingKind.CollationVersion, facts.Id, new(reader.GetInt64(0), reader.GetString(1)), "another version"));
        }
        return new("collation_probe", findings.Count > 0 ? CheckStatus.Damaged : CheckStatus.Clean, TimeSpan.Zero, null, findings, []);
    }
}
