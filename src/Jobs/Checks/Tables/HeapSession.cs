using HealingWorkers.Jobs.Targets;
using Npgsql;
using NpgsqlTypes;

namespace HealingWorkers.Jobs.Checks;

/// <summary>One session that verifies tables. The client library drops a session after any error of corruption, so this one comes back.</summary>
internal sealed class HeapSession(Target target, string schema, DeadlyReads deadly) : IAsyncDisposable
{
    private readonly string _sql =
        $"SELECT v.blkno, v.offnum, v.attnum, v.msg FROM {schema}.verify_heapam($1::pg_catalog.oid::pg_catalog.regclass, on_error_stop => false, check_toast => $2, skip => 'none', startblock => $3, endblock => $4) AS v LIMIT {MostRows}";
    /// <summary>So many a call, in the order of their blocks; whoever gets as many has not got them all.</summary>
    internal const int MostRows = 5_000;
    private NpgsqlConnection? _connection;

    public async Task<NpgsqlConnection> ConnectAsync(CancellationToken cancel)
    {
        if (_connection is { FullState: System.Data.ConnectionState.Open })
        {
            return _connection;
        }
        await DisposeAsync().ConfigureAwait(false);
        return _connection = await SessionLife.OpenAsync(target, cancel).ConfigureAwait(false);
    }

    /// <param name="first">Null for a table without pages.</param>
    /// <exception cref="DeadlyReadException">It must not be read.</exception>
    /// <param name="toastPages">What its long values may take besides.</param>
    public async Task<IReadOnlyList<HeapDamageRow>> VerifyAsync(RelationName table, long? first, long? last, bool toast, CancellationToken cancel, long toastPages = 0)
    {
        var pages = (last - first + 1) ?? 0;
        var connection = await ConnectAsync(cancel).ConfigureAwait(false);
        return await deadly.GuardAsync(connection, table, $"SELECT * FROM {schema}.verify_heapam('{table.Quoted.Replace("'", "''", StringComparison.Ordinal)}', startblock => {first ?? 0}, endblock => {last ?? 0})",
            token => AskAsync(connection, table.Oid, first, last, toast, token), cancel, ReadLimit.Of(pages + (toast ? toastPages : 0)), ReadLimit.IsRisky(pages)).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<HeapDamageRow>> AskAsync(NpgsqlConnection connection, long table, long? first, long? last, bool toast, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(_sql, connection)
        {
            Parameters =
            {
                new() { Value = table }, new() { Value = toast },
                new() { Value = (object?)first ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint }, new() { Value = (object?)last ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Bigint },
            },
        };
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var rows = new List<HeapDamageRow>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            rows.Add(new(row.GetInt64(0), await row.IsDBNullAsync(1, cancel).ConfigureAwait(false) ? 0 : row.GetInt32(1),
                await row.IsDBNullAsync(2, cancel).ConfigureAwait(false) ? null : row.GetInt32(2), row.GetString(3)));
        }
        return rows;
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await _connection.DisposeAsync().ConfigureAwait(false);
        }
        _connection = null;
    }
}

/// <param name="Offset">0 for damage that is not of one line pointer.</param>
/// <param name="Attribute">The column's number as the server counts there: the first is 0.</param>
public sealed record HeapDamageRow(long Block, int Offset, int? Attribute, string Message)
{
    public Findings.FindingKind Kind => HeapMessage.KindOf(Message);
}
