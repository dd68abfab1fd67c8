using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Why a check cannot call the functions of an extension that it needs.</summary>
internal static class ExtensionRight
{
    /// <param name="signatures">Name and arguments, as in a GRANT.</param>
    /// <returns>Null when it can.</returns>
    public static async Task<string?> WhyNotAsync(NpgsqlConnection connection, TargetFacts facts, string extension, IReadOnlyList<string> signatures, CancellationToken cancel)
    {
        if (facts.SchemaOf(extension) is not { } schema)
        {
            return $"the extension {extension} is not installed in {facts.Database}: run `healing grant`, or CREATE EXTENSION {extension}";
        }
        foreach (var signature in signatures)
        {
            await using var command = new NpgsqlCommand(Sql.Of<ICheck>("function_right"), connection)
            {
                Parameters = { new("name", signature[..signature.IndexOf('(', StringComparison.Ordinal)]), new("schema", schema), new("arguments", signature.Count(static c => c == ',') + 1) },
            };
            switch (await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))
            {
                case true:
                    break;
                case false:
                    return Ungranted(facts, schema, signature);
                default:
                    return $"the {extension} that is installed in {facts.Database} has no {signature}: ALTER EXTENSION {extension} UPDATE";
            }
        }
        return null;
    }

    public static string Ungranted(TargetFacts facts, string schema, string signature) =>
        $"the role {facts.Role} may not run {signature[..signature.IndexOf('(', StringComparison.Ordinal)]}: GRANT healing_detect TO {facts.Role}, or GRANT USAGE ON SCHEMA {schema} TO {facts.Role}; GRANT EXECUTE ON FUNCTION {schema}.{signature} TO {facts.Role}";
}
