namespace HealingWorkers.Drill;

/// <summary>How damage is done.</summary>
/// <param name="Live">While the server runs, with the relation's pages evicted from its cache; else it is stopped and started again, which ends every session.</param>
/// <param name="FixChecksum">Recompute the page's checksum where there is one: damage from before the checksum. Else the page is invalid on the next read.</param>
/// <param name="Lock">While the server runs, hold everybody off the table for the moment of the edit, since a reader would bring its pages back.</param>
public sealed record DamageMode(bool Live = true, bool FixChecksum = true, bool Lock = true)
{
    public static DamageMode Default { get; } = new();
}
