namespace HealingWorkers.Drill;

/// <summary>One line pointer: where its tuple lies in the page, how long it is, and its state (1 is normal).</summary>
public readonly record struct LinePointer(int Offset, int State, int Length)
{
    public static LinePointer Decode(uint raw) => new((int)(raw & 0x7FFF), (int)(raw >> 15 & 3), (int)(raw >> 17));

    public uint Encode() => (uint)Offset | (uint)State << 15 | (uint)Length << 17;
}
