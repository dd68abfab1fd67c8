using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Brings a dump into an empty server, under its own name, and stops at the first thing that does not go in.</summary>
internal sealed partial class DumpRestore(Clone clone, string archive, int major)
{
    /// <summary>The dump may hold a database whose own setting lets nobody write; we may have set it ourselves.</summary>
    private static readonly Dictionary<string, string> Environment = new(StringComparer.Ordinal) { ["PGOPTIONS"] = "-c default_transaction_read_only=off" };

    /// <returns>The name of the database.</returns>
    public async Task<string> RunAsync(IReadOnlyCollection<string> counted, CancellationToken cancel)
    {
        var program = await clone.ProgramAsync("pg_restore", major, cancel).ConfigureAwait(false);
        var contents = await RequireAsync([program, "--list", archive], "the dump cannot be read", cancel).ConfigureAwait(false);
        var database = DatabaseName().Match(contents) is { Success: true } match ? match.Groups[1].Value.Trim()
            : throw new HealingException("the dump does not say which database it is of", "It was not written by pg_dump, or is damaged.");
        if (counted.Count > 0 && !counted.Contains(database, StringComparer.Ordinal))
        {
            throw new HealingException($"this is a dump of another database: of {database}, and {string.Join(", ", counted)} was expected", "Look at who wrote to the directory of backups.");
        }
        if (Policies().IsMatch(contents))
        {
            await MakeRolesAsync(await RequireAsync([program, "--schema-only", "--file=-", archive], "the dump cannot be read", cancel).ConfigureAwait(false), cancel).ConfigureAwait(false);
        }
        var login = new Npgsql.NpgsqlConnectionStringBuilder(clone.ConnectionString("template1"));
        await RequireAsync([program, "--exit-on-error", "--create", "--clean", "--if-exists", "--no-owner", "--no-privileges", "--no-tablespaces", "--no-subscriptions", "--host", login.Host!, "--port", "5432", "--username", clone.Superuser, "--no-password", "--dbname", "template1", archive],
            "the dump cannot be restored", cancel).ConfigureAwait(false);
        return database;
    }

    /// <summary>Policies and user mappings name roles, which no dump of one database holds.</summary>
    private async Task MakeRolesAsync(string schema, CancellationToken cancel)
    {
        await using var session = await clone.OpenAsync("template1", cancel).ConfigureAwait(false);
        var named = PolicyRoles().Matches(schema).SelectMany(m => RoleNames().Matches(m.Groups["roles"].Value).Select(r => r.Value)).Where(r => r is not ("PUBLIC" or "CURRENT_USER" or "SESSION_USER" or "CURRENT_ROLE"));
        foreach (var role in named.Distinct(StringComparer.Ordinal))
        {
            var name = role.StartsWith('"') ? role[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : role;
            if (await session.FirstAsync<bool?>(Sql.Of<Backup>("clone_role"), new { Name = name }, cancel).ConfigureAwait(false) is null)
            {
                await session.DoAsync($"CREATE ROLE {role}", null, cancel).ConfigureAwait(false);
            }
        }
    }

    private static async Task<string> RequireAsync(IReadOnlyList<string> command, string what, CancellationToken cancel)
    {
        var (code, said) = await Programs.RunTiedAsync(command, Environment, cancel).ConfigureAwait(false);
        return code == 0 ? said : throw new HealingException($"{what}: {Words(said)}", "Take another backup, and look at the disk that holds this one.");
    }

    private static string Words(string said) =>
        string.Join("; ", said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(l => l.StartsWith("pg_restore:", StringComparison.Ordinal)).TakeLast(2)) is { Length: > 0 } words ? words : said.Trim();

    [GeneratedRegex(@"^;\s+dbname: (.*)$", RegexOptions.Multiline, 1000)]
    private static partial Regex DatabaseName();

    [GeneratedRegex(@"^\d+; \d+ \d+ (?:POLICY|USER MAPPING) ", RegexOptions.Multiline, 1000)]
    private static partial Regex Policies();

    [GeneratedRegex(@"^CREATE (?:POLICY (?:""(?:[^""]|"""")*""|\S+) ON .*? TO|USER MAPPING FOR) (?<roles>(?:(?:""(?:[^""]|"""")*""|\w+)(?:, )?)+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex PolicyRoles();

    [GeneratedRegex(@"""(?:[^""]|"""")*""|\w+", RegexOptions.None, 1000)]
    private static partial Regex RoleNames();
}
