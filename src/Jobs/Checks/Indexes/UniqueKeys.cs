using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;
using NpgsqlTypes;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Asks the tables themselves, by sequential scans, whether the keys of their unique indexes are unique.</summary>
public static class UniqueKeys
{
    /// <summary>Groups told of one index; a person needs no more, and a repair looks for itself.</summary>
    public const int Most = 100;
    /// <summary>Rows that a repair looks at.</summary>
    public const int MostRows = 20_000;

    /// <param name="held">Tables that are left out.</param>
    public static async Task<IReadOnlyList<UniqueKey>> ReadAsync(NpgsqlConnection connection, CheckScope scope, CancellationToken cancel, long[]? held = null)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("unique_keys"), connection);
        command.Parameters.Add(new("most", Most));
        command.Parameters.Add(new("held", held ?? []));
        command.Parameters.Add(new("most_rows", MostRows));
        command.Parameters.Add(new("indexes", NpgsqlDbType.Array | NpgsqlDbType.Bigint) { Value = (object?)scope.Indexes?.ToArray() ?? DBNull.Value });
        command.Parameters.Add(new("table", NpgsqlDbType.Bigint) { Value = (object?)scope.Table ?? DBNull.Value });
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var found = new List<UniqueKey>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            found.Add(new()
            {
                Oid = row.GetInt64(0), Quoted = row.GetString(1), TableOid = row.GetInt64(2), TableQuoted = row.GetString(3), CallsFunctions = row.GetBoolean(4),
                ForeignOwner = await row.IsDBNullAsync(5, cancel).ConfigureAwait(false) ? null : row.GetString(5), KeyColumns = row.GetFieldValue<string[]>(6),
                ReferencedBy = await row.IsDBNullAsync(7, cancel).ConfigureAwait(false) ? null : row.GetFieldValue<string[]>(7), Query = row.GetString(8),
                Members = row.GetString(9),
            });
        }
        return found;
    }

    /// <summary>Within the transaction that is open.</summary>
    public static Task<IReadOnlyList<DuplicateGroup>> FindAsync(NpgsqlConnection connection, UniqueKey key, CancellationToken cancel) =>
        ReadAsync(connection, key, key.Query, static row => new DuplicateGroup(row.GetInt64(0), row.GetString(1), row.GetString(2), ServerText.Shown(row, 3)), cancel);

    public static Task<IReadOnlyList<DuplicateRow>> MembersAsync(NpgsqlConnection connection, UniqueKey key, CancellationToken cancel) =>
        ReadAsync(connection, key, key.Members, static row => new DuplicateRow(row.GetString(0), row.GetInt64(1), ServerText.Shown(row, 2)), cancel);

    private static async Task<IReadOnlyList<T>> ReadAsync<T>(NpgsqlConnection connection, UniqueKey key, string query, Func<NpgsqlDataReader, T> of, CancellationToken cancel)
    {
        await using (var settings = new NpgsqlCommand(Sql.Of<ICheck>("sequentially"), connection))
        {
            await settings.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        if (key.CallsFunctions)
        {
            await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
        }
        var found = new List<T>();
        await using (var command = new NpgsqlCommand(query, connection) { CommandTimeout = 0 })
        await using (var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false))
        {
            while (await row.ReadAsync(cancel).ConfigureAwait(false))
            {
                found.Add(of(row));
            }
        }
        if (key.CallsFunctions)
        {
            await SearchPath.UseOursAsync(connection, cancel).ConfigureAwait(false);
        }
        await using var before = new NpgsqlCommand(Sql.Of<ICheck>("as_before"), connection);
        await before.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        return found;
    }
}
