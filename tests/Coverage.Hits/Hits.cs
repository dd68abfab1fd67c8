using System.IO.MemoryMappedFiles;

namespace HealingWorkers.Coverage;

/// <summary>What ran, in a file that all processes share: a byte a place. Mapped, so that even what a killed process ran is kept.</summary>
public static unsafe class Hits
{
    public const string Variable = "HEALING_COVERAGE_HITS";
    public const int Most = 1 << 20;
    private static readonly byte* Places = Map();

    public static void Mark(int place) => Places[place] = 1;

    private static byte* Map()
    {
        var file = Environment.GetEnvironmentVariable(Variable);
        var map = string.IsNullOrEmpty(file)
            ? MemoryMappedFile.CreateNew(null, Most)
            : MemoryMappedFile.CreateFromFile(new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite), null, Most, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);
        byte* places = null;
        map.CreateViewAccessor().SafeMemoryMappedViewHandle.AcquirePointer(ref places);
        return places;
    }
}
