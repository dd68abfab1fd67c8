using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Pages;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>
/// A row whose entry amcheck does not find may have one all the same, with another value. Then an index that was built anew would only
/// take over what the table says, and that may be what is wrong.
/// </summary>
internal sealed partial class SuspectValue(CheckRequest request, DeadlyReads deadly)
{
    /// <summary>Null where the index has no entry for that row, or where that cannot be seen here.</summary>
    public async Task<BtreeVerdict?> OfAsync(BtreeVerdict verdict, CancellationToken cancel)
    {
        if (verdict.Error is not { SqlState: SqlState.DataCorrupted or SqlState.IndexCorrupted } error || Lacks().Match(error.MessageText) is not { Success: true } said)
        {
            return null;
        }
        var place = new HeapPlace(uint.Parse(said.Groups[1].ValueSpan, CultureInfo.InvariantCulture), ushort.Parse(said.Groups[2].ValueSpan, CultureInfo.InvariantCulture));
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        var facts = await request.Target.FactsAsync(cancel).ConfigureAwait(false);
        if (await ProbedIndexes.ReadAsync(connection, CheckScope.OfIndexes(verdict.Index.Oid), cancel).ConfigureAwait(false) is not [{ Path: not null, TablePath: not null } index]
            || await ServerFilesFinder.FindAsync(request.Target, facts, connection, cancel).ConfigureAwait(false) is not { } files
            // what it complained of is on disk from then on, and an entry that is there belongs to that very row: vacuum takes entries away before it gives their places free
            || !await new ProbeFlush(request).NowAsync(cancel).ConfigureAwait(false))
        {
            return null;
        }
        try
        {
            var pass = await new IndexPass(0, 0, new HashSet<HeapPlace> { place }).ReadAsync(new(files, index.Path), IndexFormat.Of(index.Method)!, static () => Task.CompletedTask, cancel).ConfigureAwait(false);
            return pass.Tuples.TryGetValue(place, out var entry) && await InTableAsync(connection, files, index, place, entry, cancel).ConfigureAwait(false) is { } inTable
                ? Suspect(verdict, index, place, inTable, KeyText.Of(index, entry)) : null;
        }
        catch (FileNotFoundException)
        {
            // rebuilt or rewritten meanwhile
            return null;
        }
    }

    private static BtreeVerdict Suspect(BtreeVerdict verdict, ProbedIndex index, HeapPlace place, string inTable, string inIndex) => verdict with
    {
        Kind = Findings.FindingKind.HeapValueSuspect,
        Why = $"row {place} of {index.TableQuoted} says {inTable}, and its entry in {index.Quoted} says {inIndex}: one of the two was changed behind the server's back, and nothing here tells which",
        Evidence = new JsonObject { ["row"] = place.ToString(), ["in_table"] = inTable, ["in_index"] = inIndex },
    };

    /// <summary>The values of the visible row that the index knows by that place, in words. Null where there is none any more, or where they are those of its entry.</summary>
    private async Task<string?> InTableAsync(NpgsqlConnection connection, IServerFiles files, ProbedIndex index, HeapPlace place, byte[] entry, CancellationToken cancel)
    {
        if (index.ForeignOwner is { } owner)
        {
            return $"what cannot be asked here (a function of {owner} would run with the rights of a superuser)";
        }
        try
        {
            var page = await new RelationPages(files, index.TablePath!).ReadAsync(place.Block, cancel).ConfigureAwait(false);
            foreach (var row in await new RowReader(request, deadly).OfBlocksAsync(index, place.Block, place.Block, cancel).ConfigureAwait(false))
            {
                if (page is not null && new HeapLines(page).RootsOf(row.Key.Offset).Contains(place.Offset))
                {
                    return await deadly.GuardAsync(connection, index.Table, $"SELECT * FROM ONLY {index.TableQuoted} WHERE ctid = '{row.Key}'", token => ValuesAsync(connection, index, row.Key, entry, token), cancel).ConfigureAwait(false);
                }
            }
            return null;
        }
        catch (Exception e) when (e is PostgresException or DeadlyReadException)
        {
            cancel.ThrowIfCancellationRequested();
            return $"what could not be read ({(e as PostgresException)?.MessageText ?? e.Message})";
        }
    }

    private static async Task<string?> ValuesAsync(NpgsqlConnection connection, ProbedIndex index, HeapPlace place, byte[] entry, CancellationToken cancel)
    {
        var columns = new List<string>();
        await using (var asked = new NpgsqlCommand(Sql.Of<ICheck>("index_values"), connection) { Parameters = { new("oid", index.Oid), new("count", index.KeyNames.Length) } })
        await using (var column = await asked.ExecuteReaderAsync(cancel).ConfigureAwait(false))
        {
            while (await column.ReadAsync(cancel).ConfigureAwait(false))
            {
                columns.Add(column.GetString(0));
            }
        }
        if (index.CallsFunctions)
        {
            await SearchPath.UseTheirsAsync(connection, cancel).ConfigureAwait(false);
        }
        var values = columns.Select(static c => $"CASE WHEN {c} IS NOT DISTINCT FROM NULL THEN 'NULL' ELSE pg_catalog.quote_literal(pg_catalog.concat({c})) END");
        await using var command = new NpgsqlCommand($"SELECT ARRAY[{string.Join(", ", values)}]::pg_catalog.text[] FROM ONLY {index.TableQuoted} WHERE ctid = '{place}'::pg_catalog.tid", connection);
        string?[]? said = null;
        await using (var row = await command.ExecuteReaderAsync(cancel).ConfigureAwait(false))
        {
            if (await row.ReadAsync(cancel).ConfigureAwait(false))
            {
                said = ServerText.AllShown(row, 0);
            }
        }
        var isSame = said is not null && await SameKey.IsInAsync(connection, index, place, columns, entry, cancel).ConfigureAwait(false);
        await SearchPath.UseOursAsync(connection, cancel).ConfigureAwait(false);
        return said is null || isSame ? null : string.Join(", ", index.KeyNames.Zip(said, static (name, value) => $"{name}={value}"));
    }

    [GeneratedRegex(@"\Aheap tuple \((\d+),(\d+)\) from table "".*"" lacks matching index tuple", RegexOptions.Singleline, 1000)]
    private static partial Regex Lacks();
}
