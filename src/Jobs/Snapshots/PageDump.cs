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
    /// <param name="wanted">Null for the first of them all.</param>
    public static async Task<int> IntoAsync(SnapshotFolder folder, SnapshotRequest request, RelationPlace place, IReadOnlyList<long>? wanted, CancellationToken cancel)
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
            foreach (var block in (wanted ?? Enumerable.Range(0, (int)Math.Min(blocks, MostPages)).Select(b => (long)b)).Where(b => b < blocks).Take(MostPages))
            {
                if (unreadable >= MostUnreadable)
                {
                    break;
                }
                session ??= await request.Target.OpenRepairAsync(cancel).ConfigureAwait(false);
                try
                {
                    await using var command = new NpgsqlCommand(sql, session) { Parameters = { new() { Value = place.Name }, new() { Value = block } } };
                    if (await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is byte[] page)
                    {
                        await folder.AddAsync(WantedPages.FileOf(place.Oid, block), string.Create(CultureInfo.InvariantCulture, $"{place.Name} block {block}"), into => into.WriteAsync(page, cancel).AsTask(), cancel).ConfigureAwait(false);
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
