namespace HealingWorkers.Drill;

/// <summary>A foreign key between two tables, partitions each by itself; the columns in the order of each other.</summary>
/// <param name="OnDelete">As in pg_constraint.confdeltype.</param>
public sealed record KeyFact(string Child, string[] From, string Parent, string[] To, string OnDelete)
{
    /// <summary>Rows that refer to one that goes may go with it.</summary>
    public bool Cascades => OnDelete is "c";

    /// <summary>Rows that refer to one that goes lose their reference.</summary>
    public bool Loosens => OnDelete is "n" or "d";
}
