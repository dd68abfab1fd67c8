using System.Globalization;
using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Jobs.Repairs;

/// <summary>What a person does about a block whose rows can only come back from elsewhere.</summary>
internal static class SalvageAdvice
{
    private const int Named = 10;

    /// <param name="bad">Line pointers that must not be read.</param>
    /// <param name="lost">Rows that have lost no more than a long value.</param>
    public static string Of(TableLook table, long block, bool canBeRead, bool hidden, IReadOnlySet<int> bad, IReadOnlyList<Tid> lost)
    {
        var where = string.Create(CultureInfo.InvariantCulture, $"block {block} of {table.Quoted}");
        return !canBeRead
            ? $"{where} cannot be read: every row in it is lost unless a standby or a backup has it. Do not set zero_damaged_pages and do not VACUUM FULL. Fetch the rows of {where} (ctid from ({block},1) on) from a standby or a backup; "
              + "the keys that other tables and the table's indexes still name tell which they are. Where no more than its checksum is wrong, a restored copy of the server shows them under ignore_checksum_failure; never set that on the live server, "
              + "where the page would then be taken for sound by everybody and get a new checksum. Then replace the page from there, or have it emptied and insert them again, and REINDEX TABLE."
            : string.Join(' ', new[] { Rows(where, block, bad, isOfMap: hidden || lost.Count == 0), Values(where, lost) }.OfType<string>());
    }

    private static string? Rows(string where, long block, IReadOnlySet<int> bad, bool isOfMap) =>
        bad.Count > 0
            ? $"{bad.Count} row version(s) in {where} cannot be read without danger to the server ({First(bad.Order().Select(o => new Tid(block, o)))}): "
              + "do not SELECT, dump or VACUUM FULL them. They are lost unless a standby or a backup has them. Fetch them from there by their keys, take exactly these line pointers out (heap_force_kill; all of the block where its second half is torn), insert the rows again, VACUUM and REINDEX TABLE."
        : !isOfMap ? null
        : $"rows in {where} are not what the visibility map says, and it cannot be told here which of the two is wrong. Do not VACUUM the table and do not truncate its map before the rows are compared with a standby or a backup. Grant SELECT on the table or access to the server's files, then reopen.";

    private static string? Values(string where, IReadOnlyList<Tid> lost) => lost.Count == 0 ? null
        : $"{lost.Count} row(s) in {where} have lost a long value ({First(lost)}) and are whole but for that: fetch it from a standby or a backup and UPDATE the row; do not take it out.";

    private static string First(IEnumerable<Tid> rows) => string.Join(", ", rows.Take(Named));
}
