using System.Globalization;

namespace HealingWorkers.Jobs.Pages;

/// <summary>One relation's files: forks, each cut into segments of 1 GB.</summary>
public static class RelationFile
{
    public const int BlocksPerSegment = 131_072;
    private static readonly string[] Forks = ["", "_fsm", "_vm", "_init"];

    /// <summary>Every file that is there, the main fork first; none when the relation's file is missing.</summary>
    public static async Task<IReadOnlyList<FoundFile>> ListAsync(IServerFiles files, string path, CancellationToken cancel)
    {
        var found = new List<FoundFile>();
        foreach (var fork in Forks)
        {
            for (var segment = 0; ; segment++)
            {
                var name = path + fork + (segment == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $".{segment}"));
                if (await files.LengthAsync(name, cancel).ConfigureAwait(false) is not { } length)
                {
                    break;
                }
                found.Add(new(name, fork, segment, length));
            }
        }
        return found;
    }
}

public sealed record FoundFile(string Path, string Fork, int Segment, long Length);
