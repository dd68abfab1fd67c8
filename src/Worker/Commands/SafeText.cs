using System.Globalization;
using System.Text;

namespace HealingWorkers.Worker.Commands;

/// <summary>Text out of somebody's database on its way to a terminal: nothing in it may move the cursor, change the title or hide what follows.</summary>
public static class SafeText
{
    private const int Longest = 4000;

    public static string Of(string text) => Of(text, Longest);

    /// <summary>However long it is: what has to be read or typed as it stands.</summary>
    public static string Whole(string text) => Of(text, int.MaxValue);

    private static string Of(string text, int longest)
    {
        var safe = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (safe.Length >= longest)
            {
                return safe.Append(" ...").ToString();
            }
            if (rune.Value == '\n' || !IsHostile(rune))
            {
                safe.Append(rune);
            }
            else
            {
                safe.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
            }
        }
        return safe.ToString();
    }

    /// <summary>Control characters, and those of format, which turn the direction of writing.</summary>
    private static bool IsHostile(Rune rune) => Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.Surrogate;
}
