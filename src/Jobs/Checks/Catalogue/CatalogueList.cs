using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Findings that a query of the catalogue tells in full: oid, object, part of it, kind, whether it is only worth knowing, and the words.</summary>
internal static class CatalogueList
{
    public static async Task<IReadOnlyList<Finding>> FindingsAsync(NpgsqlConnection connection, string check, TargetId target, NpgsqlCommand query, CancellationToken cancel)
    {
        query.Connection = connection;
        await using var row = await query.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var findings = new List<Finding>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            var finding = Finding.Of(check, FindingKind.Named(row.GetString(3)), target, new(row.GetInt64(0), row.GetString(1)), row.GetString(5), row.GetString(2));
            findings.Add(row.GetBoolean(4) ? finding with { Severity = Severity.Info } : finding);
        }
        return findings;
    }

    public static async Task<IReadOnlyList<RelationName>> NamesAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var names = new List<RelationName>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            names.Add(new(row.GetInt64(0), row.GetString(1)));
        }
        return names;
    }

    public static CheckReport Report(CheckDescription check, TimeSpan elapsed, IReadOnlyList<Finding> findings, IReadOnlyList<RelationName> examined) =>
        new(check.Name, CheckReport.StatusOf(findings), elapsed, null, findings, [.. examined.Select(e => e.Oid)]) { ExaminedNames = [.. examined.Select(e => e.Quoted)] };
}
