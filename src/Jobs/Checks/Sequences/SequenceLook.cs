using Dapper;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>A sequence as the catalogue has it, whether it can be read or not.</summary>
public sealed record SequenceLook
{
    /// <summary>A table without an index on the column is read through up to this size.</summary>
    private const long MostBytes = 32L << 20;

    public required long Oid { get; init; }
    public required string Quoted { get; init; }
    public required long Min { get; init; }
    public required long Max { get; init; }
    public required long Increment { get; init; }
    public required long Start { get; init; }
    public required bool Cycles { get; init; }
    public required long Cache { get; init; }
    public required string Type { get; init; }
    public required bool IsUnlogged { get; init; }
    public required bool IsReadable { get; init; }
    public string? OwnerTable { get; init; }
    public string? OwnerColumn { get; init; }
    public bool? IsIdentity { get; init; }
    public bool OwnerHasDefault { get; init; }
    /// <summary>The default of the column that owns it draws from it.</summary>
    public bool OwnerDraws { get; init; }
    /// <summary>Every column that draws from it, whatever it makes of the number.</summary>
    public IReadOnlyList<SequenceUse> Draws { get; init; } = [];

    /// <summary>The columns that it is compared with.</summary>
    public IEnumerable<SequenceUse> Uses => Draws.Where(u => u is { IsPlain: true, IsPartition: false });

    public RelationName Name => new(Oid, Quoted);
    public bool Rises => Increment > 0;
    public string Owner => $"{OwnerTable}.{OwnerColumn}";

    /// <param name="held">Tables whose columns are left out.</param>
    public static async Task<IReadOnlyList<SequenceLook>> AllAsync(NpgsqlConnection connection, long? only, CancellationToken cancel, long[]? held = null)
    {
        var uses = (await connection.QueryAsync<SequenceUse>(new CommandDefinition(
            Sql.Of<ICheck>("sequence_uses"), new { sequence = only, most = MostBytes, held = held ?? [] }, cancellationToken: cancel)).ConfigureAwait(false)).ToLookup(u => u.Sequence);
        var sequences = await connection.QueryAsync<SequenceLook>(new CommandDefinition(
            Sql.Of<ICheck>("sequences"), new { sequence = only }, cancellationToken: cancel)).ConfigureAwait(false);
        return [.. sequences.Select(s => s with { Draws = [.. uses[s.Oid]] })];
    }

    /// <summary>Null when it is gone.</summary>
    public static async Task<SequenceLook?> OneAsync(NpgsqlConnection connection, long oid, CancellationToken cancel) =>
        (await AllAsync(connection, oid, cancel).ConfigureAwait(false)).SingleOrDefault();
}
