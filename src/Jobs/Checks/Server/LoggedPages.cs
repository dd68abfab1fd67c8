using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The invalid pages that the end of the server's log names: a counter alone does not say where they are.</summary>
internal static partial class LoggedPages
{
    private const long MostBytes = 1L << 20;
    private const int MostPages = 20;

    /// <summary>None where the log cannot be read, or names none. In a session of its own: a log that is out of bounds ends nothing else.</summary>
    public static async Task<IReadOnlyList<string>> ReadAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        try
        {
            await using var may = new NpgsqlCommand(Sql.Of<ICheck>("log_may_be_read"), connection);
            if (await may.ExecuteScalarAsync(cancel).ConfigureAwait(false) is not string)
            {
                return [];
            }
            await using var tail = new NpgsqlCommand(Sql.Of<ICheck>("log_tail"), connection) { Parameters = { new("most", MostBytes) } };
            if (await tail.ExecuteScalarAsync(cancel).ConfigureAwait(false) is not byte[] bytes)
            {
                return [];
            }
            var named = new List<string>();
            foreach (var (path, block) in Parse(Encoding.Latin1.GetString(bytes)))
            {
                await using var relation = new NpgsqlCommand(Sql.Of<ICheck>("log_relation"), connection) { Parameters = { new("path", path) } };
                named.Add($"block {block} of {await relation.ExecuteScalarAsync(cancel).ConfigureAwait(false) as string ?? path}");
            }
            return named;
        }
        catch (PostgresException e) when (e.SqlState is SqlState.InsufficientPrivilege or SqlState.UndefinedFile)
        {
            // it is kept where this role may not look
            return [];
        }
    }

    /// <summary>Each page once, the last ones.</summary>
    public static IReadOnlyList<(string Path, long Block)> Parse(string log) =>
        [.. InvalidPage().Matches(log).Select(m => (m.Groups[2].Value, long.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture))).Reverse().Distinct().Take(MostPages)];

    // From 18 on the path is quoted, twice over in the other formats of the log. Where one read meets several such pages, each has a line of its own besides.
    [GeneratedRegex(@"invalid page in block (\d{1,10}) of relation [\\""]{0,2}((?:base|global|pg_tblspc)/[A-Za-z0-9_./]+[0-9])", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex InvalidPage();
}
