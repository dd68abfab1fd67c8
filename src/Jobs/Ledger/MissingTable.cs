using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>A ledger may be held at an older revision, or be taken back while we run: what it has no table for yet is named, and nothing falls over it.</summary>
public static partial class MissingTable
{
    /// <summary>Null where the exception says something else.</summary>
    public static HealingException? Explain(Exception e)
    {
        if (e is not PostgresException { SqlState: SqlState.UndefinedTable } missing || Name().Match(missing.MessageText) is not { Success: true } name)
            return null;
        var table = name.Groups[1].Value;
        var made = MigrationSet.Embedded.All.FirstOrDefault(m => m.Up.Contains($"CREATE TABLE healing.{table} ", StringComparison.Ordinal));
        return made is null ? null : new HealingException(
            $"not available until the ledger is at revision {made.Revision}: it has no table healing.{table}",
            "`healing migrate` brings it there, unless control.migration_revision holds it back", e);
    }

    /// <summary>What was asked for, or why the ledger cannot have it yet.</summary>
    public static async Task<Perhaps<T>> TryAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return new(await ask().ConfigureAwait(false), null);
        }
        catch (PostgresException e) when (Explain(e) is { } why)
        {
            return new(default, why.Message);
        }
    }

    [GeneratedRegex(@"healing\.([a-z_]+)", RegexOptions.None, 1000)]
    private static partial Regex Name();
}

/// <param name="Missing">Why there is none.</param>
public sealed record Perhaps<T>(T? Value, string? Missing);
