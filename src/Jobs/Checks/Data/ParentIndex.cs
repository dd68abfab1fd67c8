using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Asks the parent's indexes about orphans: where they know a key that the table has not, it is the parent that is damaged.</summary>
/// <param name="Known">How many of the keys they know.</param>
/// <param name="Unreadable">What the server stumbled over on the way, so that nothing is known; null: nothing.</param>
public sealed record ParentIndex(long Known, string? Unreadable)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    /// <param name="deadly">Null where a repair asks.</param>
    public static async Task<ParentIndex> AskAsync(Target target, ForeignKey key, string leaf, IReadOnlyList<string> ctids, CancellationToken cancel, DeadlyReads? deadly = null)
    {
        // a parent without an index is read as a whole
        var limit = TimeSpan.FromSeconds(60 + key.ParentPages / 500);
        try
        {
            await using var reading = await DataReading.ByIndexAsync(target, limit, cancel).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(key.KnownToIndex(leaf), reading.Connection) { Parameters = { new("ctids", ctids.ToArray()) } };
            var known = deadly is null ? await command.ExecuteScalarAsync(cancel).ConfigureAwait(false)
                : await deadly.GuardAsync(reading.Connection, key.ParentName, key.KnownToIndex(leaf), token => command.ExecuteScalarAsync(token), cancel, limit + Grace).ConfigureAwait(false);
            return new((long)known!, null);
        }
        catch (PostgresException e) when (e.SqlState is SqlState.DataCorrupted or SqlState.IndexCorrupted or SqlState.InternalError or SqlState.UndefinedFile or SqlState.IoError)
        {
            // an index, or a place that it leads to: either may be where the parent's rows were
            return new(0, $"{e.MessageText} ({e.SqlState})");
        }
        catch (Exception e) when (e is TimeoutException or PostgresException { SqlState: SqlState.QueryCanceled })
        {
            cancel.ThrowIfCancellationRequested();
            return new(0, $"the way through an index of {key.ParentQuoted} does not come to an end (see btree)");
        }
        catch (DeadlyReadException e)
        {
            return new(0, e.Message);
        }
    }
}
