using System.Globalization;
using HealingWorkers.Jobs.Pages;

namespace HealingWorkers.Jobs.Snapshots;

/// <summary>Images of single pages, from the server's files as they are: no page is looked at, so that none is too damaged.</summary>
internal static class SinglePages
{
    /// <summary>Each that was kept; what the file no longer reaches to is left out.</summary>
    public static async Task<IReadOnlyList<(string Relation, long Block)>> IntoAsync(SnapshotFolder folder, SnapshotRequest request, IServerFiles files, CancellationToken cancel)
    {
        var kept = new List<(string, long)>();
        var page = new byte[PageHeader.BlockSize];
        foreach (var place in (await RelationPlace.OfAsync(request.Connection, [.. request.Pages.Select(p => p.Oid)], cancel).ConfigureAwait(false)).Where(p => p.Path is not null))
        {
            foreach (var block in request.Pages.Where(p => p.Oid == place.Oid).SelectMany(p => p.Blocks).Distinct().Order())
            {
                var (segment, within) = Math.DivRem(block, RelationFile.BlocksPerSegment);
                var path = place.Path + (segment == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $".{segment}"));
                if (await files.LengthAsync(path, cancel).ConfigureAwait(false) is not { } length || length <= within * PageHeader.BlockSize)
                {
                    continue;
                }
                var read = await files.ReadAsync(path, within * PageHeader.BlockSize, page, cancel).ConfigureAwait(false);
                await folder.AddAsync(WantedPages.FileOf(place.Oid, block), string.Create(CultureInfo.InvariantCulture, $"{path} page {within}"), into => into.WriteAsync(page.AsMemory(0, read), cancel).AsTask(), cancel).ConfigureAwait(false);
                kept.Add((place.Name, block));
            }
        }
        return kept;
    }

    /// <summary>For a person; nothing where there is none.</summary>
    public static IEnumerable<string> Said(IReadOnlyList<(string Relation, long Block)> pages) => pages.GroupBy(p => p.Relation, p => p.Block).Select(p =>
        $"the image of block {string.Join(", ", p.Take(10))}{(p.Count() > 10 ? FormattableString.Invariant($" and {p.Count() - 10} more") : "")} of {p.Key}");
}
