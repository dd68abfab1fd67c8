using Dapper;
using HealingWorkers.Jobs.Checks;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Whether columns may be set to NULL, and by what a person knows a row.</summary>
internal static class Nullable
{
    public static async Task RequireAsync(RepairSession session, RelationName table, IReadOnlyList<string> quoted, CancellationToken cancel)
    {
        var columns = await DataColumn.OfAsync(session.Connection, table.Oid, cancel).ConfigureAwait(false);
        foreach (var column in columns.Where(c => quoted.Contains(c.Quoted, StringComparer.Ordinal)))
        {
            if (column.NotNull || column.TakesNone)
            {
                throw new HealingException($"the column {column.Quoted} of {table.Quoted} {(column.NotNull ? "is NOT NULL" : "takes no value from anybody")}, so it cannot be nullified",
                    "let the rule say quarantine, or correct the rows by hand");
            }
        }
    }

    public static async Task<IReadOnlyList<string>> KeyAsync(RepairSession session, long table, CancellationToken cancel) =>
        (await session.Connection.QuerySingleOrDefaultAsync<RuleTable>(new CommandDefinition(Sql.Of<ICheck>("rule_table"),
            new { oid = table, columns = Array.Empty<string>() }, cancellationToken: cancel)).ConfigureAwait(false))?.Key ?? [];
}
