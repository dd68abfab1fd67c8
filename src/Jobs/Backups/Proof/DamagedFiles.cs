using System.Globalization;
using System.Text.RegularExpressions;
using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Jobs.Backups;

/// <summary>Which blocks of the files of a backup are bad that are not as they were taken.</summary>
internal static partial class DamagedFiles
{
    private const int MostBlocks = 5;

    /// <param name="message">Names the files.</param>
    public static async Task<string> WhereAsync(Backup backup, string message, CancellationToken cancel)
    {
        var data = Path.Combine(backup.Place, "data");
        var said = new List<string>();
        foreach (var path in RelationPath().Matches(message).Select(m => m.Value).Distinct(StringComparer.Ordinal).Where(p => File.Exists(Path.Combine(data, p))))
        {
            var count = await PageReading.JudgeAsync(new DirectFiles(data), path, checksums: true, cancel).ConfigureAwait(false);
            if (count.Bad.Count > 0)
            {
                said.Add($"{path}: block {string.Join(", ", count.Bad.Take(MostBlocks).Select(b => b.Block.ToString(CultureInfo.InvariantCulture)))}{(count.Bad.Count > MostBlocks ? " and more" : "")} does not agree with its checksum");
            }
        }
        return string.Join("; ", said);
    }

    [GeneratedRegex(@"(?:base/\d+|global)/\d+(?![\d_.])", RegexOptions.None, 1000)]
    private static partial Regex RelationPath();
}
