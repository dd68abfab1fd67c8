using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Ledger;

/// <summary>A ledger may be held at an older revision, or be taken back while we run: what it has no table or column for yet is named, and nothing falls over it.</summary>
public static partial class MissingTable
{
    /// <summary>Null where the exception says something else.</summary>
    public static HealingException? Explain(Exception e)
    {
        if (e is PostgresException { SqlState: SqlState.UndefinedColumn } less && Column().Match(less.MessageText) is { Success: true } of)
            return Older($"ALTER TABLE healing.{of.Groups[2].Value} ADD COLUMN {of.Groups[1].Value} ", $"column {of.Groups[1].Value} in healing.{of.Groups[2].Value}", e);
        if (e is not PostgresException { SqlState: SqlState.UndefinedTable } missing || Name().Match(missing.MessageText) is not { Success: true } name)
            return null;
        var table = name.Groups[1].Value;
        return Older($"CREATE TABLE healing.{table} ", $"table healing.{table}", e);
    }

    private static HealingException? Older(string made, string what, Exception e) =>
        MigrationSet.Embedded.All.FirstOrDefault(m => m.Up.Contains(made, StringComparison.Ordinal)) is not { } by ? null : new HealingException(
            $"not available until the ledger is at revision {by.Revision}: it has no {what}",
            "`healing migrate` brings it there, unless control.migration_revision holds it back", e);

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

    [GeneratedRegex(@"""([a-z_]+)"" [^""]* ""([a-z_]+)""", RegexOptions.None, 1000)]
    private static partial Regex Column();
}

/// <param name="Missing">Why there is none.</param>
public sealed record Perhaps<T>(T? Value, string? Missing);
