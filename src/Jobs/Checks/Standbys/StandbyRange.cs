using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>
/// Compares the row versions of some pages. Four looks, each after the one before: primary, standby (once it has replayed what the first
/// saw), primary, standby (once it has replayed what the third saw). A version that the primary shows both times, untouched, was there all
/// the while, so the standby must show it in between, and the other way round. What was not there all the while proves nothing and is left out.
/// A version is known by its place and by the transaction that made it, as long as the table was not written anew.
/// </summary>
internal sealed class StandbyRange(NpgsqlConnection primary, NpgsqlConnection standby, TimeProvider clock, DeadlyReads deadly)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    public async Task<RangeResult> CompareAsync(long oid, string quoted, long from, long pages, CancellationToken cancel)
    {
        var before = await ShapeAsync(primary, oid, cancel).ConfigureAwait(false);
        var first = await PrimaryAsync(oid, quoted, from, pages, cancel).ConfigureAwait(false);
        await ReplayedAsync(cancel).ConfigureAwait(false);
        if (await ShapeAsync(standby, oid, cancel).ConfigureAwait(false) != before)
        {
            return RangeResult.Nothing;
        }
        Dictionary<(string, long), Version> second, third, fourth;
        try
        {
            second = await ReadAsync(standby, quoted, from, pages, cancel).ConfigureAwait(false);
            third = await PrimaryAsync(oid, quoted, from, pages, cancel).ConfigureAwait(false);
            await ReplayedAsync(cancel).ConfigureAwait(false);
            fourth = await ReadAsync(standby, quoted, from, pages, cancel).ConfigureAwait(false);
        }
        catch (PostgresException e) when (e.SqlState is SqlState.DataCorrupted or SqlState.IndexCorrupted or SqlState.UndefinedFile or SqlState.IoError)
        {
            // the primary read the same pages a moment ago
            return new(0, [string.Create(CultureInfo.InvariantCulture, $"pages from {from} on cannot be read: {e.MessageText}")]);
        }
        return await ShapeAsync(primary, oid, cancel).ConfigureAwait(false) == before && await ShapeAsync(standby, oid, cancel).ConfigureAwait(false) == before
            ? Verdict(first, second, third, fourth) : RangeResult.Nothing;
    }

    private static RangeResult Verdict(Dictionary<(string, long), Version> first, Dictionary<(string, long), Version> second, Dictionary<(string, long), Version> third, Dictionary<(string, long), Version> fourth)
    {
        var (same, different) = (0, new List<string>());
        foreach (var (key, row) in third)
        {
            // somebody may be ending it, and the standby may know of that before the primary shows it
            if (row.Ended != 0 || !first.TryGetValue(key, out var earlier) || earlier.Hash != row.Hash)
            {
                continue;
            }
            if (second.TryGetValue(key, out var there) && there.Hash == row.Hash)
            {
                same++;
            }
            else
            {
                different.Add(second.ContainsKey(key) ? $"{key.Item1} says something else" : $"{key.Item1} is not on the standby");
            }
        }
        foreach (var (key, row) in fourth)
        {
            if (second.TryGetValue(key, out var earlier) && earlier.Hash == row.Hash && !third.ContainsKey(key) && !first.ContainsKey(key) && row.Ended == 0 && IsOver(key.Item2, third))
            {
                different.Add($"{key.Item1} is on the standby only");
            }
        }
        return new(same, different);
    }

    /// <summary>Its transaction had ended on the primary by the third look: one that waits for a synchronous standby is shown there first.</summary>
    private static bool IsOver(long made, Dictionary<(string, long), Version> third) =>
        third.Values.FirstOrDefault() is { } any && unchecked((int)((uint)made - (uint)any.Oldest)) < 0;

    private async Task ReplayedAsync(CancellationToken cancel)
    {
        var position = await primary.ExecuteScalarAsync<string>(Command("standby_position", null, cancel)).ConfigureAwait(false);
        var began = clock.GetTimestamp();
        while (!await standby.ExecuteScalarAsync<bool>(Command("standby_replayed", new { position }, cancel)).ConfigureAwait(false))
        {
            if (clock.GetElapsedTime(began) > Patience)
            {
                throw new TimeoutException($"the standby did not replay {position} within {Patience.TotalSeconds:0} s");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), clock, cancel).ConfigureAwait(false);
        }
    }

    private static Task<string?> ShapeAsync(NpgsqlConnection connection, long oid, CancellationToken cancel) =>
        connection.ExecuteScalarAsync<string>(Command("standby_shape", new { oid }, cancel));

    private Task<Dictionary<(string, long), Version>> PrimaryAsync(long oid, string quoted, long from, long pages, CancellationToken cancel) =>
        deadly.GuardAsync(primary, new RelationName(oid, quoted), string.Create(CultureInfo.InvariantCulture, $"SELECT * FROM ONLY {quoted} WHERE ctid >= '({from},0)' AND ctid < '({from + pages},0)'"), token => ReadAsync(primary, quoted, from, pages, token), cancel);

    private static async Task<Dictionary<(string, long), Version>> ReadAsync(NpgsqlConnection connection, string quoted, long from, long pages, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await connection.ExecuteAsync(new CommandDefinition(Sql.Of<ICheck>("standby_settings"), transaction: transaction, cancellationToken: cancel)).ConfigureAwait(false);
        var rows = await connection.QueryAsync<Version>(new CommandDefinition(
            Sql.Of<ICheck>("standby_versions").Replace("the_table", quoted, StringComparison.Ordinal), new { from = $"({from},0)", until = $"({from + pages},0)" }, transaction, cancellationToken: cancel)).ConfigureAwait(false);
        await transaction.CommitAsync(cancel).ConfigureAwait(false);
        return rows.ToDictionary(r => (r.Place, r.Made));
    }

    private static CommandDefinition Command(string name, object? args, CancellationToken cancel) => new(Sql.Of<ICheck>(name), args, cancellationToken: cancel);

    /// <param name="Oldest">The oldest transaction that ran at that look.</param>
    private sealed record Version(string Place, long Made, long Ended, string Hash, long Oldest);
}

/// <param name="Same">Row versions that are proven to be the same.</param>
/// <param name="Different">Those that are proven not to be.</param>
internal sealed record RangeResult(int Same, IReadOnlyList<string> Different)
{
    public static readonly RangeResult Nothing = new(0, []);
}
