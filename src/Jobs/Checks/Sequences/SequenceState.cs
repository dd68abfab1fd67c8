using Dapper;
using HealingWorkers.Jobs.Errors;
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

    public bool IsBehind(SequenceLook sequence, SequenceReach reach) =>
        reach.Furthest is { } far && (sequence.Rises ? far >= Next(sequence) : far <= Next(sequence));

    /// <summary>What the server says of a sequence whose page or file is not what it was.</summary>
    public static bool IsDamage(PostgresException e) =>
        e.SqlState is SqlState.DataCorrupted or SqlState.IndexCorrupted or SqlState.UndefinedFile or SqlState.IoError
        || (e.SqlState == SqlState.InternalError && e.MessageText.Contains("magic number", StringComparison.Ordinal));
}
