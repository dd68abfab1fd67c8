using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Pages;
using Npgsql;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>How large a server is, where its tablespaces are, and its data directory where that is seen from here.</summary>
internal sealed record ServerPlaces(long Bytes, string? DataDirectory, IReadOnlyList<(uint Oid, string Path)> Tablespaces)
{
    public static async Task<ServerPlaces> OfAsync(CopyRequest request, CancellationToken cancel)
    {
        var files = await ServerFilesFinder.FindAsync(request.Target, request.Facts, request.Connection, cancel).ConfigureAwait(false);
        long bytes;
        try
        {
            await using var size = new NpgsqlCommand(Sql.Of<RelationPlace>("server_size"), request.Connection);
            bytes = (long)(await size.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            throw new HealingException($"how large the server is cannot be known, so that room cannot be foreseen: {e.MessageText}", "GRANT pg_read_all_stats to the repair role.", e);
        }
        await using var command = new NpgsqlCommand(Sql.Of<RelationPlace>("tablespaces"), request.Connection);
        await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
        var spaces = new List<(uint, string)>();
        while (await row.ReadAsync(cancel).ConfigureAwait(false))
        {
            spaces.Add((row.GetFieldValue<uint>(0), row.GetString(1)));
        }
        return new(bytes, (files as DirectFiles)?.DataDirectory, spaces);
    }
}
