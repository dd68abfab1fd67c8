namespace HealingWorkers.Integration.Tests.Dashboard;

/// <summary>As much of protobuf's wire format as a test of OTLP needs.</summary>
internal static class Protobuf
{
    /// <summary>The length-delimited fields of a message, by number.</summary>
    public static IEnumerable<(int Field, byte[] Bytes)> Fields(byte[] message)
    {
        for (var at = 0; at < message.Length;)
        {
            var tag = Varint(message, ref at);
            switch (tag & 7)
            {
                case 0:
                    Varint(message, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(message, ref at);
                    yield return ((int)(tag >> 3), message[at..(at + length)]);
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {tag & 7}");
            }
        }
    }

    /// <summary>All messages at the end of a path of field numbers.</summary>
    public static IEnumerable<byte[]> At(byte[] message, params int[] path) => path.Length == 0
        ? [message]
        : Fields(message).Where(f => f.Field == path[0]).SelectMany(f => At(f.Bytes, path[1..]));

    private static ulong Varint(byte[] message, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; ; shift += 7)
        {
            var next = message[at++];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80)
                return value;
        }
    }
}
