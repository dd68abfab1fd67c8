using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Jobs.Checks;

/// <summary>
/// The keys that a GIN index has, by a bit for the hash of each: one that is not among them it has not; one of a hundred that it has not may seem to be among a million.
/// Long ones are stored compressed, and nobody asks for them.
/// </summary>
internal sealed class GinKeySet(GinKeys keys, bool numbers)
{
    private const int Words = 1 << 21;
    private readonly ulong[] _bits = new ulong[Words];

    public void Add(ReadOnlySpan<byte> tuple)
    {
        if (keys.TextOf(tuple, numbers) is { } text)
        {
            var hash = unchecked((uint)TextHash.Of(text));
            _bits[Word(hash)] |= Bit(hash);
        }
    }

    public bool Has(int hash) => (_bits[Word(unchecked((uint)hash))] & Bit(unchecked((uint)hash))) != 0;

    private static int Word(uint hash) => (int)(hash >> 6) & (Words - 1);

    private static ulong Bit(uint hash) => 1UL << (int)(hash & 63);
}
