using HealingWorkers.Jobs.Ledger;
using Npgsql;
using NpgsqlTypes;

namespace HealingWorkers.Jobs.Checks;

internal static class ProbedIndexes
{
    public static async Task<IReadOnlyList<ProbedIndex>> ReadAsync(NpgsqlConnection connection, CheckScope scope, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("probed_indexes"), connection);
        command.Parameters.Add(new("indexes", NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = (object?)scope.Indexes?.ToArray() ?? DBNull.Value });
        command.Parameters.Add(new("table", NpgsqlDbType.Bigint) { Value = (object?)scope.Table ?? DBNull.Value });
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var found = new List<ProbedIndex>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            string? Text(string name) => row[name] as string;
            found.Add(new()
            {
                Oid = (long)row["oid"], Quoted = (string)row["quoted"], TableOid = (long)row["table_oid"], TableQuoted = (string)row["table_quoted"], Method = (string)row["method"],
                Path = Text("path"), TablePath = Text("table_path"), Predicate = Text("predicate"), FirstKey = (string)row["first_key"], IsExclusion = (bool)row["is_exclusion"],
                CallsFunctions = (bool)row["calls_functions"], ForeignOwner = Text("foreign_owner"), KeyNames = (string[])row["key_names"], KeyTypes = (string[])row["key_types"],
                KeyLengths = (int[])row["key_lengths"], KeyAlignments = (string[])row["key_alignments"],
                Keys = (string[])row["keys"], AtLeast = (string?[])row["at_least"], AtMost = (string?[])row["at_most"], CodeOf = Text("code_of"), GinOrders = (string?[])row["gin_orders"], Witnesses = (string[])row["witnesses"],
            });
        }
        return found;
    }

    /// <summary>Rebuilt, rewritten, emptied or dropped while it was looked at: what was seen then says nothing.</summary>
    public static async Task<bool> IsUnchangedAsync(NpgsqlConnection connection, ProbedIndex index, CancellationToken cancel) =>
        (await ReadAsync(connection, CheckScope.OfIndexes(index.Oid), cancel).ConfigureAwait(false)) is [var now] && now.Path == index.Path && now.TablePath == index.TablePath;
}
