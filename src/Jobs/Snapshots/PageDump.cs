using System.Globalization;
using Dapper;
using HealingWorkers.Jobs.Errors;
using Npgsql;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>Pages by pageinspect, for servers that give no files. In a session of its own: the driver gives up one in which the server spoke of corruption.</summary>
internal static class PageDump
{
    private const int MostPages = 256;
    private const int MostUnreadable = 16;

    /// <summary>How many pages were kept; one that the server cannot read is left out.</summary>
    public static async Task<int> IntoAsync(SnapshotFolder folder, SnapshotRequest request, RelationPlace place, CancellationToken cancel)
    {
        if (request.Facts.SchemaOf("pageinspect") is not { } schema)
        {
            return 0;
        }
        var sql = Sql.Of<RelationPlace>("page_dump").Replace("{schema}", schema, StringComparison.Ordinal);
        var blocks = await request.Connection.ExecuteScalarAsync<long>(new CommandDefinition(Sql.Of<RelationPlace>("block_count"), new { oid = place.Oid }, cancellationToken: cancel)).ConfigureAwait(false);
        var (dumped, unreadable) = (0, 0);
        NpgsqlConnection? session = null;
        try
        {
            for (var block = 0L; block < Math.Min(blocks, MostPages) && unreadable < MostUnreadable; block++)
            {
                session ??= await request.Target.OpenRepairAsync(cancel).ConfigureAwait(false);
                try
                {
                    await using var command = new NpgsqlCommand(sql, session) { Parameters = { new() { Value = place.Name }, new() { Value = block } } };
                    if (await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is byte[] page)
                    {
                        await folder.AddAsync(string.Create(CultureInfo.InvariantCulture, $"{place.Oid}_{block}.page"), $"{place.Name} block {block}", into => into.WriteAsync(page, cancel).AsTask(), cancel).ConfigureAwait(false);
                        dumped++;
                    }
                }
                catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
                {
                    break;
                }
                catch (PostgresException)
                {
                    unreadable++;
                    await session.DisposeAsync().ConfigureAwait(false);
                    session = null;
                }
            }
        }
        finally
        {
            if (session is not null)
            {
                await session.DisposeAsync().ConfigureAwait(false);
            }
        }
        return dumped;
    }
}
