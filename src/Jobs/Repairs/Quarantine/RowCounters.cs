using Dapper;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>The server's own counters of this transaction, before and after: nothing else may have been done to these tables, by whatever means.</summary>
internal sealed class RowCounters
{
    private readonly Dictionary<long, (long Deleted, long Changed)> _before;

    private RowCounters(Dictionary<long, (long, long)> before) => _before = before;

    public static async Task<RowCounters> AtAsync(NpgsqlConnection connection, IEnumerable<long> tables, CancellationToken cancel) =>
        new((await connection.QueryAsync<(long Oid, long Deleted, long Changed)>(new CommandDefinition(Sql.Of<QuarantineTable>("quarantine_counters"),
            new { oids = tables.Distinct().ToArray() }, cancellationToken: cancel)).ConfigureAwait(false)).ToDictionary(r => r.Oid, r => (r.Deleted, r.Changed)));

    /// <param name="expected">By table; one that is not named may not have been touched.</param>
    public async Task RequireAsync(NpgsqlConnection connection, IReadOnlyList<(long Oid, long Deleted, long Changed)> expected, CancellationToken cancel)
    {
        var after = await AtAsync(connection, _before.Keys, cancel).ConfigureAwait(false);
        foreach (var (oid, before) in _before)
        {
            var (deleted, changed) = (expected.Where(e => e.Oid == oid).Sum(e => e.Deleted), expected.Where(e => e.Oid == oid).Sum(e => e.Changed));
            if (after._before.TryGetValue(oid, out var now) && (now.Deleted - before.Deleted, now.Changed - before.Changed) != (deleted, changed))
            {
                throw new HealingException(
                    $"{deleted} rows were to be deleted and {changed} changed in the table with the oid {oid}, and the server counts {now.Deleted - before.Deleted} and {now.Changed - before.Changed}",
                    "Everything is rolled back. Something of this table steps in between.");
            }
        }
    }
}
