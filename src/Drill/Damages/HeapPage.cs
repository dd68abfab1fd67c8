using System.Buffers.Binary;

namespace HealingWorkers.Drill;

/// <summary>As much of a heap page as it takes to break it. Items count from 1.</summary>
public sealed class HeapPage(byte[] bytes) : SlottedPage(bytes)
{
    public const int XminCommitted = 0x0100;
    public const int XminInvalid = 0x0200;
    public const int XmaxCommitted = 0x0400;
    public const int XmaxInvalid = 0x0800;
    /// <summary>Who only locks the row removes nothing: key share, exclusive, lock only, several of them.</summary>
    public const int XmaxLocks = 0x10D0;
    private const int NormalState = 1;
    private const int AllVisibleFlag = 4;
    private const int AttributeBits = 0x07FF;

    /// <summary>The page's own word that all of its rows are visible to everybody.</summary>
    public bool AllVisible
    {
        get => (Bytes[10] & AllVisibleFlag) != 0;
        set => Bytes[10] = (byte)(value ? Bytes[10] | AllVisibleFlag : Bytes[10] & ~AllVisibleFlag);
    }

    public bool IsNormal(int item) => item >= 1 && item <= ItemCount && this[item].State == NormalState;

    public uint Xmin(int item) => BinaryPrimitives.ReadUInt32LittleEndian(Tuple(item));

    public void SetXmin(int item, uint xid) => BinaryPrimitives.WriteUInt32LittleEndian(Tuple(item), xid);

    public void SetXmax(int item, uint xid) => BinaryPrimitives.WriteUInt32LittleEndian(Tuple(item)[4..], xid);

    public int Mask(int item) => BinaryPrimitives.ReadUInt16LittleEndian(Tuple(item)[20..]);

    public void ChangeMask(int item, int clear, int set) =>
        BinaryPrimitives.WriteUInt16LittleEndian(Tuple(item)[20..], (ushort)(Mask(item) & ~clear | set));

    public int Attributes(int item) => BinaryPrimitives.ReadUInt16LittleEndian(Tuple(item)[18..]) & AttributeBits;

    public void SetAttributes(int item, int count)
    {
        var field = Tuple(item)[18..];
        BinaryPrimitives.WriteUInt16LittleEndian(field, (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(field) & ~AttributeBits | count));
    }

    public int HeaderLength(int item) => Tuple(item)[22];

    public void SetHeaderLength(int item, int length) => Tuple(item)[22] = (byte)length;

    public bool HasNulls(int item) => (Mask(item) & 1) != 0;

    /// <summary>Whether an attribute, counted from 0, is NULL by the row's bitmap.</summary>
    public bool IsNull(int item, int attribute) =>
        HasNulls(item) && (Tuple(item)[23 + attribute / 8] & 1 << attribute % 8) == 0;
}
