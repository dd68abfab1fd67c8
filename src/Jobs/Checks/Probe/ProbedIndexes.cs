using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NpgsqlTypes;

namespace HealingWorkers.Jobs.Checks;

internal static class ProbedIndexes
{
    /// <param name="held">Tables that are left out.</param>
    public static async Task<IReadOnlyList<ProbedIndex>> ReadAsync(NpgsqlConnection connection, CheckScope scope, CancellationToken cancel, long[]? held = null)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("probed_indexes"), connection);
        command.Parameters.Add(new("held", held ?? []));
        command.Parameters.Add(new("indexes", NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = (object?)scope.Indexes?.ToArray() ?? DBNull.Value });
        command.Parameters.Add(new("table", NpgsqlDbType.Bigint) { Value = (object?)scope.Table ?? DBNull.Value });
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var found = new List<ProbedIndex>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            string? Text(string name) => row[name] as string;
            if (Text("first_key") is not { } firstKey || ((bool)row["is_partial"] && Text("predicate") is null) || ((string[])row["keys"]).Any(k => k.StartsWith("()", StringComparison.Ordinal)))
            {
                // what is dropped at this moment has no definition any more
                continue;
            }
            found.Add(new()
            {
                Oid = (long)row["oid"], BareName = (string)row["bare_name"], Quoted = (string)row["quoted"], TableOid = (long)row["table_oid"], TableQuoted = (string)row["table_quoted"], Method = (string)row["method"],
                Path = Text("path"), TablePath = Text("table_path"), Predicate = Text("predicate"), FirstKey = firstKey, IsExclusion = (bool)row["is_exclusion"],
                CallsFunctions = (bool)row["calls_functions"], ForeignOwner = Text("foreign_owner"), KeyNames = (string[])row["key_names"], KeyTypes = (string[])row["key_types"],
                KeyLengths = (int[])row["key_lengths"], KeyAlignments = (string[])row["key_alignments"],
                Keys = (string[])row["keys"], AtLeast = (string?[])row["at_least"], AtMost = (string?[])row["at_most"], SeveralBounds = (bool[])row["several_bounds"], CodeOf = Text("code_of"), KeysOf = Text("keys_of"), LengthOf = Text("length_of"), GinOrders = (string?[])row["gin_orders"], Witnesses = [.. ((string?[])row["witnesses"]).OfType<string>()],
            });
        }
        return found;
    }

    /// <summary>Rebuilt, rewritten, emptied or dropped while it was looked at: what was seen then says nothing; nor where somebody holds its table for himself alone now.</summary>
    public static async Task<bool> IsUnchangedAsync(Target target, ProbedIndex index, CancellationToken cancel) =>
        (await PatientList.ReadAsync(target, (connection, held) => FilesAsync(connection, index.Oid, held, cancel), cancel).ConfigureAwait(false)).Items is [var now]
        && now == (index.Path, index.TablePath);

    private static async Task<IReadOnlyList<(string? Index, string? Table)>> FilesAsync(NpgsqlConnection connection, long index, long[] held, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("index_files"), connection) { Parameters = { new("oid", index), new("held", held) } };
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        return await row.ReadAsync(cancel).ConfigureAwait(false) ? [(row[0] as string, row[1] as string)] : [];
    }
}
