using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>
/// A row that says otherwise than an index may be at fault itself, and a new index would take over what it says.
/// Another index that finds the row by its key speaks for the row; one that does not, against it. For a range of blocks, the indexes of other
/// columns are heard as well: a block that is not where it belongs brings rows that none of them knows.
/// </summary>
internal sealed class Witness(CheckRequest request, DeadlyReads deadly)
{
    private const int Heard = 20;
    private const int Others = 3;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private enum Word { None, For, Against }

    public async Task HearAsync(IEnumerable<IndexSuspects> suspects, CancellationToken cancel)
    {
        foreach (var s in suspects)
        {
            foreach (var (row, missing) in s.Missing.Where(m => s.Index.IsBrin || m.Value.IsElsewhere).OrderBy(m => (m.Key.Block, m.Key.Offset)).Take(Heard))
            {
                var (word, value) = await AskAsync(s.Index, s.Index.FirstKey, row, cancel).ConfigureAwait(false);
                foreach (var other in s.Index.IsBrin && word != Word.Against ? s.Index.Witnesses.Take(Others) : [])
                {
                    word = (await AskAsync(s.Index, other, row, cancel).ConfigureAwait(false)).Word == Word.Against ? Word.Against : word;
                }
                // a key of several rows was not changed in each of them
                if (missing.Keys.Count > 0 && s.Missing.Values.Count(m => m.Keys.Intersect(missing.Keys).Any()) > 1)
                {
                    continue;
                }
                // a hash entry is of that very row; a range of blocks may never have been told of it
                if (word == Word.Against || (word == Word.None && missing.IsElsewhere))
                {
                    s.Doubted = new(row, value, s.Index.Method switch { "brin" => "bounds that it is outside of", "gin" => "other keys for it", _ => "the hash of another value" });
                    break;
                }
            }
        }
    }

    private async Task<(Word Word, string Value)> AskAsync(ProbedIndex index, string by, HeapPlace row, CancellationToken cancel)
    {
        if (request.Known.WhyNotAtAll(index.TableOid) is { } why)
        {
            return (Word.None, $"what was not asked ({why})");
        }
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await SessionLife.NoticeLostClientAsync(connection, cancel).ConfigureAwait(false);
        var key = $"({by})";
        var value = $"SELECT CASE WHEN {key} IS DISTINCT FROM NULL THEN pg_catalog.quote_literal(pg_catalog.concat({key})) END FROM ONLY {index.TableQuoted} WHERE ctid = '{row}'::pg_catalog.tid";
        var own = $"(SELECT {key} FROM ONLY {index.TableQuoted} WHERE ctid = '{row}'::pg_catalog.tid)";
        var found = $"SELECT pg_catalog.count(*) FROM ONLY {index.TableQuoted} AS found WHERE {key} OPERATOR(pg_catalog.>=) {own} AND {key} OPERATOR(pg_catalog.<=) {own} AND ctid = '{row}'::pg_catalog.tid";
        try
        {
            return await deadly.GuardAsync(connection, index.Table, found, async token =>
            {
                await using var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, token).ConfigureAwait(false);
                if (index.CallsFunctions)
                {
                    await SearchPath.UseTheirsAsync(connection, token).ConfigureAwait(false);
                }
                if (await ScalarAsync(connection, value, token).ConfigureAwait(false) is not string text)
                {
                    return (Word.None, "NULL");
                }
                await ScalarAsync(connection, Sql.Of<ICheck>("witness_settings"), token).ConfigureAwait(false);
                var plan = await ScalarAsync(connection, $"EXPLAIN (FORMAT json) {found}", token).ConfigureAwait(false) as string;
                return plan is null || !IsByIndex(JsonNode.Parse(plan)) ? (Word.None, text)
                    : await ScalarAsync(connection, found, token).ConfigureAwait(false) is long and > 0 ? (Word.For, text) : (Word.Against, text);
            }, cancel, limit: Longest).ConfigureAwait(false);
        }
        catch (Exception e) when (e is PostgresException or TimeoutException or DeadlyReadException)
        {
            cancel.ThrowIfCancellationRequested();
            return (Word.None, $"what could not be read ({(e as PostgresException)?.MessageText ?? e.Message})");
        }
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is { } value and not DBNull ? value : null;
    }

    private static bool IsByIndex(JsonNode? node) => node switch
    {
        JsonObject plan => ((string?)plan["Alias"] == "found" && (string?)plan["Node Type"] == "Index Scan" && plan.ContainsKey("Index Cond")) || plan.Any(p => p.Value is JsonObject or JsonArray && IsByIndex(p.Value)),
        JsonArray list => list.Any(IsByIndex),
        _ => false,
    };
}
