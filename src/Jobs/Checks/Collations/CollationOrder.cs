using System.Security.Cryptography;
using System.Text;
using HealingWorkers.Jobs.Ledger;
using Npgsql;

namespace HealingWorkers.Jobs.Checks;

/// <summary>How a collation sorts a fixed set of words, as a hash: where no version is kept, this still tells a new order.</summary>
internal static class CollationOrder
{
    private static readonly string[] Ascii =
    [
        "", " ", "  ", "-", "_", "'", "!", "0", "1", "2", "9", "10", "11", "100", "a", "A", "aa", "aA", "Aa", "AA", "ab", "a b", "a-b", "a_b", "a'b", "a1", "a2", "a10",
        "b", "B", "ba", "c", "ch", "ci", "co-op", "coop", "co op", "COOP", "d", "dz", "ll", "lz", "resume", "Resume", "v", "w", "vw", "x1-1", "x11", "x1 1", "y", "z", "Z", "zz", "~", "{", "[", "1.5", "1-5", "1,5", "$1", "#1", "@a",
    ];

    private static readonly string[] Beyond =
    [
        "ä", "Ä", "ae", "ö", "oe", "å", "aa", "æ", "ø", "ü", "ß", "ss", "é", "e\u0301", "è", "côte", "coté", "cote", "côté", "résumé", "ñ", "nz", "ç", "č", "š", "ž", "ł", "ı", "i", "İ", "ŵ", "þ", "ð",
        "α", "Ω", "а", "я", "ё", "є", "א", "ا", "ක", "あ", "ア", "ー", "一", "丁", "中", "文", "가", "힣", "“", "–", "—", "½", "²", "①", "🙂", "\u200Ba", "a\u00ADb", "𝒜",
    ];

    public static async Task<Func<CollationState, Task<string>>> ReaderAsync(NpgsqlConnection connection, CancellationToken cancel)
    {
        await using var encoding = new NpgsqlCommand(Sql.Of<ICheck>("collation_encoding"), connection);
        var words = await encoding.ExecuteScalarAsync(cancel).ConfigureAwait(false) is "UTF8" ? [.. Ascii, .. Beyond] : Ascii;
        return collation => HashAsync(connection, collation, words, cancel);
    }

    private static async Task<string> HashAsync(NpgsqlConnection connection, CollationState collation, string[] words, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(Sql.Of<ICheck>("collation_order").Replace(":collation", collation.Quoted, StringComparison.Ordinal), connection)
        {
            Parameters = { new("words", words) },
        };
        var sorted = (string)(await command.ExecuteScalarAsync(cancel).ConfigureAwait(false))!;
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sorted)))[..32];
    }
}
