using System.Globalization;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>The furthest value in the columns that a sequence numbers, of those that it could have given out itself.</summary>
/// <param name="Use">Where it is; null where there is none.</param>
public sealed record SequenceReach(long? Furthest, SequenceUse? Use)
{
    /// <param name="given">A number of its own, by which those of its pace are told from others; null: every number counts.</param>
    public static async Task<SequenceReach> OfAsync(NpgsqlConnection connection, ColumnQuestion question, SequenceLook sequence, IEnumerable<SequenceUse> uses, long? given, CancellationToken cancel)
    {
        var reach = new SequenceReach(null, null);
        foreach (var use in uses)
        {
            var far = await question.AskAsync<long?>(connection, use, Query(sequence, use, given), cancel).ConfigureAwait(false);
            if (far is { } value && (reach.Furthest is not { } known || (sequence.Rises ? value > known : value < known)))
            {
                reach = new(value, use);
            }
        }
        return reach;
    }

    /// <summary>Whether the sequence meets a taken value within its next steps.</summary>
    public static Task<bool> IsNearAsync(NpgsqlConnection connection, ColumnQuestion question, SequenceLook sequence, SequenceUse use, decimal next, int steps, CancellationToken cancel)
    {
        var end = Math.Clamp(next + (decimal)sequence.Increment * steps, sequence.Min, sequence.Max);
        var (low, high) = sequence.Rises ? (next, end) : (end, next);
        return question.AskAsync<bool>(connection, use, string.Create(CultureInfo.InvariantCulture,
            $"SELECT EXISTS (SELECT FROM {use.Table} x WHERE x.{use.Column} BETWEEN {low}::bigint AND {high}::bigint)"), cancel);
    }

    /// <summary>
    /// Two servers that share out the odd and the even numbers hold each other's: only those of the sequence's own pace count. Where it began
    /// does not tell that pace: RESTART and setval leave the start as it was.
    /// </summary>
    private static string Query(SequenceLook sequence, SequenceUse use, long? given)
    {
        var column = $"x.{use.Column}";
        var pace = given is not { } own || Math.Abs((decimal)sequence.Increment) == 1 ? ""
            : string.Create(CultureInfo.InvariantCulture, $" AND ({column}::numeric - ({own})) % {sequence.Increment} = 0");
        return string.Create(CultureInfo.InvariantCulture,
            $"SELECT {column}::bigint FROM {use.Table} x WHERE {column} BETWEEN ({sequence.Min})::bigint AND ({sequence.Max})::bigint{pace} ORDER BY {column} {(sequence.Rises ? "DESC" : "ASC")} LIMIT 1");
    }
}
