using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Which rows of a table are wrong: a condition on the alias <c>c</c>.</summary>
/// <param name="Broken">True for a row that is wrong.</param>
/// <param name="Shown">Quoted columns that a person knows such a row by.</param>
public sealed record RowTest(string Broken, IReadOnlyList<string> Shown)
{
    /// <summary>What <c>@allowed</c> in the condition stands for.</summary>
    public IReadOnlyList<string>? Allowed { get; init; }
    /// <summary>Pages of what each piece of work reads besides its own.</summary>
    public long PagesBeside { get; init; }
    /// <summary>Tables that it reads besides.</summary>
    public IReadOnlyList<RelationName> Beside { get; init; } = [];

    /// <summary>The values of the shown columns, of the alias <c>c</c>, as an array of texts.</summary>
    public string ShownValues => RowText.Of(Shown);

    /// <summary>Only rows for which the owner's own condition holds.</summary>
    public RowTest Where(string condition) => condition.Length == 0 ? this : this with { Broken = $"({condition}\n) AND {Broken}" };

    public NpgsqlCommand Command(string sql, NpgsqlConnection connection)
    {
        var command = new NpgsqlCommand(sql, connection);
        if (Allowed is not null)
        {
            command.Parameters.AddWithValue("allowed", Allowed.ToArray());
        }
        return command;
    }
}

/// <param name="Table">The very table that holds it, which may be a partition.</param>
/// <param name="Age">Transactions since it was written; null where that is not known.</param>
public sealed record WrongRow(string Table, string Ctid, int? Age, IReadOnlyList<string?> Values);

/// <param name="Rows">Some of them.</param>
public sealed record WrongRows(long Count, IReadOnlyList<WrongRow> Rows);
