using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What belongs to a sequence and would go with it.</summary>
public sealed record SequenceEstate
{
    public required string Owner { get; init; }
    public required string OwnerQuoted { get; init; }
    public required string Name { get; init; }
    public required bool IsOurs { get; init; }
    /// <summary>As an SQL literal.</summary>
    public string? Comment { get; init; }
    public required bool HasRights { get; init; }
    public required string[] Grants { get; init; }
    /// <summary>a: GENERATED ALWAYS, d: BY DEFAULT; null for a sequence of its own.</summary>
    public string? Identity { get; init; }
    public required bool HasLabels { get; init; }
    public string? Extension { get; init; }
    /// <summary>What else depends on it, in the server's words.</summary>
    public string? Others { get; init; }
    public IReadOnlyList<SequenceDefault> Defaults { get; init; } = [];

    public static async Task<SequenceEstate> OfAsync(NpgsqlConnection connection, long oid, CancellationToken cancel)
    {
        var estate = await connection.QuerySingleAsync<SequenceEstate>(Query("sequence_estate", oid, cancel)).ConfigureAwait(false);
        return estate with { Defaults = [.. await connection.QueryAsync<SequenceDefault>(Query("sequence_defaults", oid, cancel)).ConfigureAwait(false)] };
    }

    /// <summary>Whether a new sequence has all that the old one had.</summary>
    public bool IsSameAs(SequenceEstate other) =>
        Owner == other.Owner && Comment == other.Comment && Identity == other.Identity && Grants.SequenceEqual(other.Grants, StringComparer.Ordinal)
        && Defaults.Select(d => (d.Table, d.Column, d.Expression)).SequenceEqual(other.Defaults.Select(d => (d.Table, d.Column, d.Expression)));

    private static CommandDefinition Query(string name, long oid, CancellationToken cancel) =>
        new(Sql.Of<SequenceEstate>(name), new { sequence = oid }, cancellationToken: cancel);
}

/// <param name="Expression">As the server writes it; it names the sequence.</param>
public sealed record SequenceDefault(long TableOid, string Table, string Column, string Expression, bool IsOurs, string Owner);
