using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>The change of rows that are kept: expressions of indexes, checks and generated columns get the path that they were written for.</summary>
internal static class RowChange
{
    /// <summary>The columns that a change shows in: those that are set, and those generated from others.</summary>
    public static IEnumerable<QuarantineColumn> Shown(QuarantineTable table, IEnumerable<QuarantineColumn> set)
    {
        var columns = set.ToList();
        return columns.Count == 0 ? columns : columns.Concat(table.Columns.Where(c => c.IsGenerated));
    }

    /// <summary>What comes after SET.</summary>
    /// <param name="set">Quoted column to an expression in SQL.</param>
    public static string Set(IReadOnlyDictionary<string, string> set) => string.Join(", ", set.Select(s => $"{s.Key} = {s.Value}"));

    public static async Task RunAsync(NpgsqlConnection connection, QuarantinePart part, string set, IEnumerable<QuarantineColumn> columns, StatementLog log, CancellationToken cancel)
    {
        var statement = part.Change(set);
        log.Add(statement);
        var counted = await RowCounters.AtAsync(connection, [part.Table.Oid], cancel).ConfigureAwait(false);
        await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
        var touched = await part.ChangeAsync(statement, Shown(part.Table, columns), cancel).ConfigureAwait(false);
        await SearchPath.UseOursAsync(connection, cancel).ConfigureAwait(false);
        if (touched != part.Kept)
        {
            throw new HealingException($"{part.Kept} rows of {part.Table.Quoted} are kept and {touched} were changed", "Everything is rolled back. Something of this table steps in between.");
        }
        await counted.RequireAsync(connection, [(part.Table.Oid, 0, touched)], cancel).ConfigureAwait(false);
        await part.DoneAsync(statement, cancel).ConfigureAwait(false);
    }
}
