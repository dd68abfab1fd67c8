using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Asks the parent's indexes about orphans: where they know a key that the table has not, it is the parent that is damaged.</summary>
/// <param name="Known">How many of the keys they know.</param>
/// <param name="Unreadable">What the server stumbled over on the way, so that nothing is known; null: nothing.</param>
public sealed record ParentIndex(long Known, string? Unreadable)
{
    public static async Task<ParentIndex> AskAsync(Target target, ForeignKey key, string leaf, IReadOnlyList<string> ctids, CancellationToken cancel)
    {
        try
        {
            await using var reading = await DataReading.ByIndexAsync(target, cancel).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(key.KnownToIndex(leaf), reading.Connection) { Parameters = { new("ctids", ctids.ToArray()) } };
            return new((long)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!, null);
        }
        catch (PostgresException e) when (e.SqlState is SqlState.DataCorrupted or SqlState.IndexCorrupted or SqlState.InternalError or SqlState.UndefinedFile or SqlState.IoError)
        {
            // an index, or a place that it leads to: either may be where the parent's rows were
            return new(0, $"{e.MessageText} ({e.SqlState})");
        }
    }
}
