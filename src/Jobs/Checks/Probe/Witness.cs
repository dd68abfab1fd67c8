using System.Text.Json.Nodes;
using HealingWorkers.Jobs.Errors;
using HealingWorkers.Jobs.Ledger;
using HealingWorkers.Jobs.Targets;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>
/// A row that says otherwise than an index may be at fault itself, and a new index would take over what it says.
/// Another index that finds the row by its key speaks for the row; one that does not, against it. The indexes of other columns are heard as well:
/// a block that is not where it belongs brings rows that none of them knows.
/// </summary>
internal sealed class Witness(CheckRequest request, DeadlyReads deadly)
{
    private const int Heard = 20;
    private const int Others = 3;
    private const string Nothing = "NULL";
    private const string Yes = "'t'";
    /// <summary>A finding is no place for a whole document.</summary>
    private const int LongestValue = 500;
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private enum Word { None, For, Against, Gone }

    public async Task HearAsync(IEnumerable<IndexSuspects> suspects, CancellationToken cancel)
    {
        foreach (var s in suspects)
        {
            var silent = new HashSet<string>(StringComparer.Ordinal);
            foreach (var (row, missing) in s.Missing.OrderBy(m => (m.Value.IsElsewhere ? 0 : 1, m.Key.Block, m.Key.Offset)).Take(Heard))
            {
                var (word, value) = await AskAsync(s.Index, s.Index.FirstKey, row, missing.Writer, silent, cancel).ConfigureAwait(false);
                foreach (var other in word is Word.Against or Word.Gone ? [] : s.Index.Witnesses.Take(Others))
                {
                    word = (await AskAsync(s.Index, other, row, missing.Writer, silent, cancel).ConfigureAwait(false)).Word is var said and (Word.Against or Word.Gone) ? said : word;
                }
                // a hash entry is of that very row, as are those of a single row in a GIN index; a range of blocks may never have been told of it.
                // Where pages of a GIN index are broken, it is what is on them that it lacks
                var isIndex = word != Word.None || !missing.IsElsewhere || (s.Broken.Count > 0 && s.Index.Memory == EntryMemory.Counts) || IsOfIndex(s, missing);
                if (!isIndex)
                {
                    (isIndex, word) = await IsWholeAsync(s, row, missing, silent, cancel).ConfigureAwait(false);
                }
                if (word == Word.Gone)
                {
                    s.Missing.Remove(row);
                    continue;
                }
                if (word == Word.Against || !isIndex)
                {
                    s.Doubted = new(row, value, s.Index.Method switch { "brin" => "bounds that it is outside of", "gin" => "other keys for it", "hash" when missing.IsElsewhere => "the hash of another value", _ => "nothing of it, as another index does" });
                    break;
                }
            }
        }
    }

    /// <summary>
    /// No change of a row changes those in several blocks at once; those of one block may all be another table's. Nor does it bring words to a text that are already known.
    /// </summary>
    private static bool IsOfIndex(IndexSuspects s, MissingRow missing) => s.Index.Memory == EntryMemory.Counts
        && (AreOfSeveralBlocks(missing.Lacking.Count == 0 ? s.Missing : s.Missing.Where(m => m.Value.Lacking.Intersect(missing.Lacking).Any()))
            || (missing is { IsShort: true, Lacking.Count: 0 } && s.Index is { KeysOf: not null, LengthOf: null }));

    /// <summary>
    /// A single row of its block with more keys than entries, in a list that takes as much room as all that is in it: had it become longer, it would not. It is the index that lost a key.
    /// </summary>
    private async Task<(bool Whole, Word Word)> IsWholeAsync(IndexSuspects s, HeapPlace row, MissingRow missing, HashSet<string> silent, CancellationToken cancel)
    {
        if (s.Index.LengthOf is null || !missing.IsShort || s.HasDoubles || s.Missing.Keys.Count(r => r.Block == row.Block) != 1)
        {
            return (false, Word.None);
        }
        var (word, value) = await AskAsync(s.Index, $"pg_catalog.pg_column_size(pg_catalog.array_cat({s.Index.FirstKey}, '{{}}')) = pg_catalog.pg_column_size(ARRAY(SELECT pg_catalog.unnest({s.Index.FirstKey})))", row, missing.Writer, silent, cancel).ConfigureAwait(false);
        return (value == Yes, word == Word.Gone ? word : Word.None);
    }

    private static bool AreOfSeveralBlocks(IEnumerable<KeyValuePair<HeapPlace, MissingRow>> rows) => rows.DistinctBy(m => m.Key.Block).Skip(1).Any();

    /// <param name="silent">Who gave no answer in time is not asked again.</param>
    private async Task<(Word Word, string Value)> AskAsync(ProbedIndex index, string by, HeapPlace row, string writer, HashSet<string> silent, CancellationToken cancel)
    {
        if (request.Known.WhyNotAtAll(index.TableOid) is { } why)
        {
            return (Word.None, $"what was not asked ({why})");
        }
        if (silent.Contains(by))
        {
            return (Word.None, "what was not asked again, since it took too long");
        }
        var began = request.Target.Clock.GetTimestamp();
        var answer = await AnswerAsync(index, by, row, writer, silent, cancel).ConfigureAwait(false);
        await request.Throttle.RestAsync(request.Target.Clock.GetElapsedTime(began), cancel).ConfigureAwait(false);
        return answer;
    }

    private async Task<(Word Word, string Value)> AnswerAsync(ProbedIndex index, string by, HeapPlace row, string writer, HashSet<string> silent, CancellationToken cancel)
    {
        await using var connection = await request.Target.OpenCheckAsync(cancel).ConfigureAwait(false);
        await SessionLife.NoticeLostClientAsync(connection, cancel).ConfigureAwait(false);
        var key = $"({by})";
        var value = $"SELECT CASE WHEN {key} IS DISTINCT FROM NULL THEN pg_catalog.quote_literal(pg_catalog.left(pg_catalog.concat({key}), {LongestValue})) ELSE '{Nothing}' END FROM ONLY {index.TableQuoted} WHERE ctid = '{row}'::pg_catalog.tid AND xmin::pg_catalog.text = '{writer}'";
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
                    return (Word.Gone, "");
                }
                if (text == Nothing)
                {
                    return (Word.None, text);
                }
                await ScalarAsync(connection, Sql.Of<ICheck>("witness_settings"), token).ConfigureAwait(false);
                var plan = await ScalarAsync(connection, $"EXPLAIN (FORMAT json) {found}", token).ConfigureAwait(false) as string;
                return plan is null || !IsByAnother(JsonNode.Parse(plan), index.BareName) ? (Word.None, text)
                    : await ScalarAsync(connection, found, token).ConfigureAwait(false) is long and > 0 ? (Word.For, text) : (Word.Against, text);
            }, cancel, limit: Longest).ConfigureAwait(false);
        }
        catch (Exception e) when (e is PostgresException or TimeoutException or DeadlyReadException)
        {
            cancel.ThrowIfCancellationRequested();
            if (e is TimeoutException or PostgresException { SqlState: SqlState.QueryCanceled })
            {
                silent.Add(by);
            }
            return (Word.None, $"what could not be read ({(e as PostgresException)?.MessageText ?? e.Message})");
        }
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        return await command.ExecuteScalarAsync(cancel).ConfigureAwait(false) is { } value and not DBNull ? value : null;
    }

    /// <summary>Nobody is a witness in his own cause.</summary>
    private static bool IsByAnother(JsonNode? node, string accused) => node switch
    {
        JsonObject plan => ((string?)plan["Alias"] == "found" && (string?)plan["Node Type"] == "Index Scan" && plan.ContainsKey("Index Cond") && (string?)plan["Index Name"] != accused)
            || plan.Any(p => p.Value is JsonObject or JsonArray && IsByAnother(p.Value, accused)),
        JsonArray list => list.Any(n => IsByAnother(n, accused)),
        _ => false,
    };
}
