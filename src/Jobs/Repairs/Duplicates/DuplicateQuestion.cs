using System.Security.Cryptography;
using System.Text;
using HealingWorkers.Jobs.Checks;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What a plan that resolves duplicates asks a person, and what it shows for an answer.</summary>
internal static class DuplicateQuestion
{
    private const int Shown = 20;
    private const int Letters = 16;

    /// <summary>Null where all keys are clear. It is another question for other keys or values, however many they are.</summary>
    public static string? Of(IReadOnlyList<DuplicateDecision> decisions)
    {
        var unclear = decisions.Where(d => !d.IsClear).ToList();
        if (unclear.Count == 0)
        {
            return null;
        }
        var (differ, loose) = (unclear.Count(d => !d.IsDecided), unclear.FirstOrDefault(d => d.Loose.Count > 0));
        var asked = differ > 0 ? $"{differ} key(s) have rows that differ, and nothing says which is right: a person looks at them"
            : $"of {unclear.Count} key(s) a row goes that others point at by rules alone, and nobody brings them to another: {loose!.Loose[0]}";
        return $"{asked}{(unclear.Count > Shown ? $" ({unclear.Count - Shown} of these keys are not among the samples, and a note says how to see all)" : "")} ({Mark(unclear)})";
    }

    public static IReadOnlyList<string> Samples(IReadOnlyList<DuplicateDecision> decisions) => [.. decisions.OrderBy(d => d.IsClear).Take(Shown).Select(Sample)];

    public static IReadOnlyList<string> Notes(UniqueKey key, IReadOnlyList<DuplicateDecision> decisions, long repointed)
    {
        List<string> notes = [$"{decisions.Count(d => d.IsClear)} of {decisions.Count} keys are clear: their rows are equal, or others refer to one of them only"];
        if (decisions.Any(d => d.Loose.Count > 0))
        {
            notes.Add("rows point at some that go by rules that the server does not know: make them point at the row that stays before approving, or they point at nothing and are found as wrong");
        }
        if (decisions.Any(d => !d.IsDecided))
        {
            var keeps = decisions.Where(d => !d.IsDecided).All(d => d.IsOfKnownAge) ? "the oldest" : "the oldest, or where their ages cannot be told the first by its place";
            notes.Add($"{decisions.Count(d => !d.IsDecided)} keys have rows that differ, and nothing says which is right: approving keeps {keeps}. To keep another, delete the wrong one by hand first");
        }
        if (decisions.Count(d => !d.IsClear) > Shown)
        {
            notes.Add($"all rows that share a key: {All(key)}");
        }
        if (repointed > 0)
        {
            notes.Add($"{repointed} rows refer to rows that go, by another key; they are made to refer to the one that stays");
        }
        return notes;
    }

    /// <summary>As a person sends it; the index, which is doubted, answers nothing.</summary>
    private static string All(UniqueKey key) =>
        "BEGIN; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off; SET LOCAL enable_bitmapscan = off; "
        + $"SELECT \"of the key\".*, t.* FROM ({key.Members}) AS \"of the key\" (place, number, key) JOIN ONLY {key.TableQuoted} t ON t.ctid = \"of the key\".place::tid ORDER BY \"of the key\".number, t.ctid; COMMIT";

    private static string Sample(DuplicateDecision d) =>
        $"{d.Key}: stays {d.Winner.Place} {d.Winner.Said} ({string.Join("; but ", d.Loose.Prepend(d.Why))}){(d.IsClear ? "" : " - PLEASE LOOK")}; goes " + string.Join("; ", d.Losers.Select(l => $"{l.Place} {l.Said}"));

    /// <summary>Begins with a letter, so that it is no count, which may be another one by the next look.</summary>
    private static string Mark(IEnumerable<DuplicateDecision> unclear) =>
        $"these very rows: x{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(unclear.Select(d => d.Read).Order(StringComparer.Ordinal)))))[..Letters]}";
}
