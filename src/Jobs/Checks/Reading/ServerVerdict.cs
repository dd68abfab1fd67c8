using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Findings;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>
/// What the server itself says of a B-tree that it stumbles over while it is asked for something else, as one of the catalogue that a list of relations
/// is read by, or that a new extension is entered into. It is damage, whoever finds it.
/// </summary>
public static partial class ServerVerdict
{
    /// <summary>Null where it is about something else, or where nobody can tell which index is meant.</summary>
    public static async Task<CheckReport?> OfAsync(string check, Target target, PostgresException e, TimeSpan elapsed, CancellationToken cancel)
    {
        if (e.SqlState != SqlState.IndexCorrupted || !string.IsNullOrEmpty(e.Where) || Index().Match(e.MessageText) is not { Success: true } said)
        {
            return null;
        }
        try
        {
            var facts = await target.FactsAsync(cancel).ConfigureAwait(false);
            await using var connection = await target.OpenCheckAsync(cancel).ConfigureAwait(false);
            return await connection.ListAsync<long>(Sql.Of<ICheck>("index_named"), new { name = said.Groups["name"].Value }, cancel).ConfigureAwait(false) is [var oid]
                && await BtreeList.ReadAsync(connection, CheckScope.OfIndexes(oid), AmcheckCall.Btree, cancel).ConfigureAwait(false) is [var index]
                ? new(check, CheckStatus.Damaged, elapsed, $"the server stumbled over {index.Quoted}: {e.MessageText}", [BtreeReport.FindingOf(check, facts, target.Options.DataDirectory.Length > 0,
                    new(index, BtreeOutcome.Damaged, e.MessageText, FindingKind.BtreeCorrupt, index.Name, e))], [])
                : null;
        }
        catch (Exception late) when (late is HealingException or NpgsqlException)
        {
            // the check says what it met
            return null;
        }
    }

    [GeneratedRegex(@"index ""(?<name>[^""]+)"" (?:contains|is not)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Index();
}
