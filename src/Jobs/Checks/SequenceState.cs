using Dapper;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>How far a sequence has come.</summary>
public sealed record SequenceState(long Last, bool IsCalled)
{
    /// <summary>Null where the page is empty: the server has no row of it.</summary>
    public static async Task<SequenceState?> ReadAsync(NpgsqlConnection connection, SequenceLook sequence, CancellationToken cancel)
    {
        // a relation cannot be a parameter; the name was quoted by the server
        var sql = Sql.Of<ICheck>("sequence_state").Replace("%s", sequence.Quoted, StringComparison.Ordinal);
        var row = await connection.QuerySingleOrDefaultAsync<(long Last, bool Called, bool Fresh)?>(new CommandDefinition(
            sql, new { sequence = sequence.Oid }, cancellationToken: cancel)).ConfigureAwait(false);
        return row is { } read ? new(read.Last, read.Called) : null;
    }

    /// <summary>Wider than a bigint: the one after the last there can be is none, but has a place in a comparison.</summary>
    public decimal Next(SequenceLook sequence) => IsCalled ? (decimal)Last + sequence.Increment : Last;

    public bool IsExhausted(SequenceLook sequence) => Next(sequence) is var next && (next > sequence.Max || next < sequence.Min);
}
