using System.Text;
using Npgsql;

namespace HealingWorkers.Jobs.Targets;

/// <summary>
/// Text of users' rows as the server sent it. Damage leaves bytes in it that are no letters, over which the usual reading throws:
/// for people they are shown as replacement characters, and whoever judges or writes the text is told that it is none.
/// </summary>
public static class ServerText
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static string Shown(NpgsqlDataReader row, int column) => Shown(row.GetFieldValue<byte[]>(column));

    public static string?[] AllShown(NpgsqlDataReader row, int column) => [.. row.GetFieldValue<byte[]?[]>(column).Select(value => value is null ? null : Shown(value))];

    /// <summary>No ledger takes a zero byte in a text.</summary>
    public static string Shown(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes).Replace('\0', '\u2400');

    /// <summary>Null where its bytes are no text.</summary>
    public static string? Whole(NpgsqlDataReader row, int column)
    {
        try
        {
            return Strict.GetString(row.GetFieldValue<byte[]>(column));
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
