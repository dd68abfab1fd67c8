using System.Globalization;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>Asks the server which rows of some blocks are visible and belong into an index: where, and by which transaction they came.</summary>
internal sealed class RowReader(CheckRequest request, DeadlyReads deadly)
{
    /// <summary>Of one row this many keys that an index lacks are enough: a row may have thousands.</summary>
    private const int MostLacking = 100;

    /// <param name="also">What else must hold of them.</param>
    /// <param name="lacks">Whether the index knows nothing of a key. All other keys are forgotten at once.</param>
    public async Task<Dictionary<HeapPlace, SeenRow>> OfBlocksAsync(ProbedIndex index, uint from, uint to, CancellationToken cancel, string? also = null, Func<int, bool>? lacks = null)
    {
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await SessionLife.NoticeLostClientAsync(connection, cancel).ConfigureAwait(false);
        var query = string.Create(CultureInfo.InvariantCulture,
            $"SELECT ctid::text, xmin::text, {index.KeysOf ?? index.CodeOf ?? "0"}, {index.LengthOf ?? "0"} FROM ONLY {index.TableQuoted} WHERE ctid >= '({from},0)'::pg_catalog.tid AND ctid < '({to + 1L},0)'::pg_catalog.tid{And(index.Condition)}{And(also)}");
        var pages = to - from + 1L;
        return await deadly.GuardAsync(connection, index.Table, query, token => ReadAsync(connection, index, query, lacks, token), cancel, ReadLimit.Of(pages), ReadLimit.IsRisky(pages)).ConfigureAwait(false);
    }

    private static string And(string? condition) => condition is null ? "" : $" AND ({condition})";

    private static async Task<Dictionary<HeapPlace, SeenRow>> ReadAsync(NpgsqlConnection connection, ProbedIndex index, string query, Func<int, bool>? lacks, CancellationToken cancel)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancel).ConfigureAwait(false);
        await using (var settings = new NpgsqlCommand(Sql.Of<ICheck>("own_rows_only"), connection))
        {
            await settings.ExecuteNonQueryAsync(cancel).ConfigureAwait(false);
        }
        if (index.CallsFunctions)
        {
            await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
        }
        var found = new Dictionary<HeapPlace, SeenRow>();
        await using var command = new NpgsqlCommand(query, connection);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            var seen = index.KeysOf is null ? new(row.GetString(1), unchecked((uint)row.GetInt32(2)), [])
                : OfKeys(row.GetString(1), row.IsDBNull(2) ? [] : row.GetFieldValue<int?[]>(2), lacks);
            found[Place(row.GetString(0))] = seen with { HasDoubles = !row.IsDBNull(3) && row.GetInt32(3) > seen.Code };
        }
        return found;
    }

    /// <summary>What has no keys has one entry that says so.</summary>
    private static SeenRow OfKeys(string writer, int?[] keys, Func<int, bool>? lacks)
    {
        List<int>? lacking = null;
        foreach (var key in lacks is null ? [] : keys)
        {
            if (key is { } hash && lacks!(hash) && (lacking ??= []).Count < MostLacking)
            {
                lacking.Add(hash);
            }
        }
        return new(writer, (uint)Math.Max(keys.Length, 1), lacking ?? (IReadOnlyList<int>)[]);
    }

    private static HeapPlace Place(string ctid)
    {
        var comma = ctid.IndexOf(',', StringComparison.Ordinal);
        return new(uint.Parse(ctid.AsSpan(1, comma - 1), CultureInfo.InvariantCulture), ushort.Parse(ctid.AsSpan(comma + 1, ctid.Length - comma - 2), CultureInfo.InvariantCulture));
    }
}

/// <param name="Writer">The transaction that wrote it.</param>
/// <param name="Code">What its entry holds of its key, in a hash index; how many entries it has, where they are counted; else 0.</param>
/// <param name="Lacking">Of a GIN index, the hashes of its keys that the index knows nothing of, where they can be told.</param>
internal readonly record struct SeenRow(string Writer, uint Code, IReadOnlyList<int> Lacking)
{
    /// <summary>A list in which something stands more than once.</summary>
    public bool HasDoubles { get; init; }
}
