using System.Buffers.Binary;

namespace HealingWorkers.Jobs.Pages;

/// <summary>The 23 bytes that every row version begins with.</summary>
public readonly record struct HeapTupleHeader(uint Xmin, uint Xmax, Tid Next, ushort Infomask2, ushort Infomask, byte Hoff)
{
    public const int Size = 23;
    private const ushort KeyShareLock = 0x0010;
    private const ushort ExclusiveLock = 0x0040;
    private const ushort LockOnly = 0x0080;
    private const ushort XminCommittedBit = 0x0100;
    private const ushort XminInvalidBit = 0x0200;
    private const ushort XmaxCommittedBit = 0x0400;
    private const ushort XmaxInvalidBit = 0x0800;
    private const ushort XmaxMultiBit = 0x1000;
    private const ushort LockMask = KeyShareLock | ExclusiveLock;
    private const ushort MovedOff = 0x4000;
    private const ushort MovedIn = 0x8000;
    private const ushort KeysUpdated = 0x2000;
    private const ushort NattsMask = 0x07FF;

    public static HeapTupleHeader Read(ReadOnlySpan<byte> tuple) => new(
        BinaryPrimitives.ReadUInt32LittleEndian(tuple), BinaryPrimitives.ReadUInt32LittleEndian(tuple[4..]),
        new((uint)BinaryPrimitives.ReadUInt16LittleEndian(tuple[12..]) << 16 | BinaryPrimitives.ReadUInt16LittleEndian(tuple[14..]), BinaryPrimitives.ReadUInt16LittleEndian(tuple[16..])),
        BinaryPrimitives.ReadUInt16LittleEndian(tuple[18..]), BinaryPrimitives.ReadUInt16LittleEndian(tuple[20..]), tuple[22]);

    public int Attributes => Infomask2 & NattsMask;
    public bool XminFrozen => Has(XminCommittedBit) && Has(XminInvalidBit);
    public bool XminInvalid => Has(XminInvalidBit) && !Has(XminCommittedBit);
    /// <summary>A DELETE leaves this mark.</summary>
    public bool WasDeleted => (Infomask2 & KeysUpdated) != 0;
    /// <summary>Whoever removes a row marks it, or points from it to its successor.</summary>
    public bool HasMarksOfRemoval(Tid place) => WasDeleted || Next != place;
    public bool XmaxInvalid => Has(XmaxInvalidBit);
    public bool XmaxIsMulti => Has(XmaxMultiBit);
    /// <summary>Somebody locked it, nobody removed it.</summary>
    public bool XmaxLocksOnly => Has(LockOnly) || (Infomask & (XmaxMultiBit | LockMask)) == ExclusiveLock;
    /// <summary>A shared lock of one transaction: no removal leaves it, whatever became of the bit that says so.</summary>
    public bool XmaxOnceLocked => Has(KeyShareLock) && !XmaxIsMulti;
    /// <summary>A VACUUM FULL of before PostgreSQL 9.0 made a second copy of it: whether this or the other one counts, its maker does not tell.</summary>
    public bool WasMoved => Has(MovedOff) || Has(MovedIn);
    /// <summary>Its bits alone say that nobody sees it, whatever the commit log says.</summary>
    public bool BitsHideIt => !WasMoved && (XminInvalid || (Has(XmaxCommittedBit) && !XmaxInvalid && !XmaxLocksOnly));

    private bool Has(ushort bit) => (Infomask & bit) != 0;
}
