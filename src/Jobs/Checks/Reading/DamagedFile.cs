using System.Globalization;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The relation behind a file that a message of the server names, whatever language the message is in.</summary>
internal static partial class DamagedFile
{
    private const long GlobalTablespace = 1664;

    public static async Task<RelationName?> OwnerAsync(NpgsqlConnection connection, string message, CancellationToken cancel)
    {
        var match = Path().Match(message);
        if (!match.Success)
        {
            return null;
        }
        var tablespace = match.Groups["space"].Success ? long.Parse(match.Groups["space"].Value, CultureInfo.InvariantCulture)
            : match.Groups["global"].Success ? GlobalTablespace : 0;
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("file_owner"), connection)
        {
            Parameters = { new("tablespace", tablespace), new("filenode", long.Parse(match.Groups["node"].Value, CultureInfo.InvariantCulture)) },
        };
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        return await row.ReadAsync(cancel).ConfigureAwait(false) ? new(row.GetInt64(0), row.GetString(1)) : null;
    }

    public static async Task<bool> IsGoneAsync(NpgsqlConnection connection, long index, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("index_file_size"), connection) { Parameters = { new("oid", index) } };
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is 0L;
    }

    /// <summary>False where it was dropped, or is no longer valid.</summary>
    public static async Task<bool> IsThereAsync(NpgsqlConnection connection, long index, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("index_is_there"), connection) { Parameters = { new("oid", index) } };
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is true;
    }

    public static bool IsOfTransactions(PostgresException e) => Transactions().IsMatch(e.MessageText + " " + e.Detail);

    [GeneratedRegex(@"pg_(?:xact|multixact|subtrans|commit_ts)/", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Transactions();

    [GeneratedRegex(@"(?:base/\d+|(?<global>global)|pg_tblspc/(?<space>\d+)/[^/\s""]+/\d+)/(?<node>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Path();
}
