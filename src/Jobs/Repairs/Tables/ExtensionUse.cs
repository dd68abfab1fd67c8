using Dapper;
using HealingWorkers.Jobs.Targets;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>Whether this session may call a function of an extension, and its name with the schema that it lives in.</summary>
public sealed record ExtensionUse(string? Function, string? WhyNot)
{
    public static async Task<ExtensionUse> OfAsync(RepairSession session, string extension, string function, string group, CancellationToken cancel)
    {
        if (session.Facts.SchemaOf(extension) is not { } schema)
        {
            // it may be created meanwhile
            session.Target.Forget();
            return new(null, $"the extension {extension} is not installed in {session.Facts.Database}: run `healing grant`, or CREATE EXTENSION {extension}");
        }
        var may = await session.Connection.ExecuteScalarAsync<bool?>(new CommandDefinition(Sql.Of<IndexLook>("extension_right"), new { name = function, schema }, cancellationToken: cancel)).ConfigureAwait(false);
        return may == true ? new($"{schema}.{function}", null)
            : new(null, $"the role {session.Role} may not run {function}: GRANT {group} TO {session.Role}, or name a role that may in connections.surgery");
    }
}
