using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Asks the parent's indexes about orphans: where they know a key that the table has not, it is the parent that is damaged.</summary>
public static class ParentIndex
{
    public static async Task<long> KnowsAsync(Target target, ForeignKey key, string leaf, IReadOnlyList<string> ctids, CancellationToken cancel)
    {
        try
        {
            await using var reading = await DataReading.ByIndexAsync(target, cancel).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(key.KnownToIndex(leaf), reading.Connection) { Parameters = { new("ctids", ctids.ToArray()) } };
            return (long)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
        }
        catch (PostgresException e) when (e.SqlState is Errors.SqlState.DataCorrupted or Errors.SqlState.IndexCorrupted or Errors.SqlState.InternalError or Errors.SqlState.UndefinedFile)
        {
            // an index that cannot be read says nothing; it is its own finding
            return 0;
        }
    }
}
