using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Options;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A rule about the shape of JSON, as the catalogue and the schema's file let it be asked.</summary>
public sealed record JsonColumn(JsonRule Rule, RuleTable Table, JsonShape Shape)
{
    public string Column => Table.Columns[0];
    /// <summary>The server has made sure of nothing.</summary>
    public bool IsText => Table.Types[0] is not ("json" or "jsonb");

    public static async Task<JsonColumn> OfAsync(NpgsqlConnection connection, JsonRule rule, CancellationToken cancel)
    {
        var table = await RuleTable.OfAsync(connection, rule.Column, cancel).ConfigureAwait(false);
        if (table.Types[0] is not ("json" or "jsonb" or "text" or "varchar" or "bpchar"))
        {
            throw new HealingException($"{rule.Column} is of type {table.Types[0]}", "a rule about JSON is about a column of type json, jsonb or text");
        }
        try
        {
            return new(rule, table, JsonShape.Parse(await File.ReadAllTextAsync(rule.Schema, cancel).ConfigureAwait(false)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new HealingException($"the schema {rule.Schema} cannot be used: {e.Message}", "correct the rule in healing.yaml");
        }
    }
}

/// <param name="Values">Of the columns that a person knows the row by.</param>
public sealed record WrongJson(RelationName Table, string Ctid, IReadOnlyList<string?> Values, string Path, string What);
