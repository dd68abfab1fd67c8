using System.Text;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Snapshots;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>
/// Row versions as a person would read them, before they are decided about. A row that no query sees is read from the file itself, and only
/// the characters in it are shown: its lengths are not trusted.
/// </summary>
internal static class RowSamples
{
    private const int Most = 10;
    private const int Longest = 300;

    public static async Task<IReadOnlyList<string>> OfAsync(RepairSession session, TableLook table, IReadOnlyList<Tid> rows, CancellationToken cancel)
    {
        var samples = new List<string>();
        var place = await RelationPlace.OfAsync(session.Connection, [table.Oid], cancel).ConfigureAwait(false) is [var found] ? found : null;
        var files = await ServerFilesFinder.FindAsync(session.Target, session.Facts, session.Connection, cancel).ConfigureAwait(false);
        foreach (var row in rows.Take(Most))
        {
            var page = files is null || place?.Path is null ? null : await HeapPage.ReadAsync(files, place.Path, row.Block, cancel).ConfigureAwait(false);
            samples.Add($"{row}: {(page is null ? "cannot be shown: no query sees it, and the server's files cannot be read from here" : Readable(page.Bytes(row.Offset)))}");
        }
        return samples;
    }

    /// <summary>Rows that a query sees, each column by its name.</summary>
    public static async Task<IReadOnlyList<string>> SeenAsync(RepairSession session, QuarantineTable table, IEnumerable<Tid> rows, CancellationToken cancel)
    {
        try
        {
            await using var command = new NpgsqlCommand(
                $"SELECT pg_catalog.left(t.ctid::text || ': ' || {table.Values}::text, {Longest}) FROM ONLY {table.Quoted} t WHERE t.ctid = ANY (@tids::text[]::tid[])", session.Connection)
            {
                Parameters = { new("tids", rows.Take(Most).Select(r => r.ToString()).ToArray()) },
            };
            await using var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false);
            var samples = new List<string>();
            while (await row.ReadAsync(cancel).ConfigureAwait(false))
            {
                samples.Add(ServerText.Shown(row, 0));
            }
            return samples;
        }
        catch (PostgresException e) when (e.SqlState == SqlState.InsufficientPrivilege)
        {
            return [];
        }
    }

    private static string Readable(ReadOnlySpan<byte> tuple)
    {
        if (tuple.Length < HeapTupleHeader.Size)
        {
            return "makes no sense";
        }
        var header = HeapTupleHeader.Read(tuple);
        if (header.Hoff > tuple.Length)
        {
            return "makes no sense";
        }
        var text = new StringBuilder();
        foreach (var rune in Encoding.UTF8.GetString(tuple[header.Hoff..]).EnumerateRunes())
        {
            text.Append(Rune.IsControl(rune) || rune == Rune.ReplacementChar ? text.Length > 0 && text[^1] != ' ' ? " " : "" : rune.ToString());
        }
        return $"made by transaction {header.Xmin}, removed by {header.Xmax}, holds the characters: {(text.Length > Longest ? text.ToString(0, Longest) : text.ToString())}";
    }
}
