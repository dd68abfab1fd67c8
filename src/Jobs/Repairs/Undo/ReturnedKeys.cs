using Dapper;
using HealingWorkers.Jobs.Checks;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// Asks of rows that came back while keys were at rest what the server would have asked of them: a row may refer to nothing by a key that was
/// found broken, and by no other.
/// </summary>
/// <param name="broken">Keys of the catalogue, by oid, by which rows were found that refer to nothing.</param>
internal sealed class ReturnedKeys(NpgsqlConnection connection, IReadOnlySet<long> broken)
{
    public async Task RequireAsync(IEnumerable<KeptPart> parts, CancellationToken cancel)
    {
        foreach (var relation in parts.GroupBy(p => p.Relation))
        {
            var keys = await KeysAsync(relation.Key, cancel).ConfigureAwait(false);
            foreach (var part in keys.Count == 0 ? [] : relation.ToList())
            {
                var mapping = await PartMapping.OfAsync(connection, part, cancel).ConfigureAwait(false);
                string[] places = [.. (await RowFinder.FindAsync(connection, mapping, after: false, mapping.Key, cancel).ConfigureAwait(false)).Where(r => r.Now is not null).Select(r => r.Now!)];
                foreach (var key in keys)
                {
                    await RequireAsync(mapping.Table, key, places, cancel).ConfigureAwait(false);
                }
            }
        }
    }

    private async Task<IReadOnlyList<ForeignKey>> KeysAsync(long table, CancellationToken cancel)
    {
        var keys = new List<ForeignKey>();
        foreach (var one in await connection.QueryAsync<long>(new CommandDefinition(Sql.Of<QuarantineTable>("self_and_roots"), new { oid = table }, cancellationToken: cancel)).ConfigureAwait(false))
        {
            keys.AddRange((await ForeignKey.OfCatalogueAsync(connection, one, cancel).ConfigureAwait(false))
                .Where(k => k is { Validated: true, Enforced: true, OfPeriod: false, Condition: not null } && !broken.Contains(k.Oid!.Value)));
        }
        return keys;
    }

    private async Task RequireAsync(QuarantineTable table, ForeignKey key, string[] places, CancellationToken cancel)
    {
        if (key.OwnCast is not null)
        {
            throw PartMapping.Refusal($"{key.Label} cannot be asked about rows of {table.Quoted} that come back: {key.WhyNot}");
        }
        var orphaned = await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            $"SELECT pg_catalog.count(*) FROM ONLY {table.Quoted} AS c WHERE c.ctid = ANY (@places::pg_catalog.text[]::pg_catalog.tid[]) AND {key.Orphaned}",
            new { places }, commandTimeout: 0, cancellationToken: cancel)).ConfigureAwait(false);
        if (orphaned > 0)
        {
            throw PartMapping.Refusal($"{orphaned} row(s) of {table.Quoted} would refer to nothing by {key.Label} as well, which holds for every row now: insert what they refer to ({key.Pointed}), or drop that key, and undo it again");
        }
    }
}
