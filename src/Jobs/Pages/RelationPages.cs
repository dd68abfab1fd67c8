using System.Globalization;

namespace HealingWorkers.Jobs.Pages;

/// <summary>
/// The pages of a relation's main fork, over all its segments; where they are cut off they end. A relation whose first file is not there is no empty one:
/// it was dropped, or lies where nothing can be seen from here, as in a tablespace that is mounted elsewhere.
/// </summary>
public sealed class RelationPages(IServerFiles files, string path)
{
    private const int PagesAtOnce = 64;

    public delegate void PageVisitor(uint block, ReadOnlySpan<byte> page);

    /// <param name="between">After every piece; for resting.</param>
    /// <param name="count">From the block <paramref name="from"/> on, as many as that, or as there are.</param>
    public async Task EachAsync(PageVisitor visit, Func<Task> between, CancellationToken cancel, uint from = 0, uint count = uint.MaxValue)
    {
        var buffer = new byte[PagesAtOnce * PageHeader.BlockSize];
        var block = from;
        var offset = (long)(from % RelationFile.BlocksPerSegment) * PageHeader.BlockSize;
        for (var segment = (int)(from / RelationFile.BlocksPerSegment); ; segment++)
        {
            var name = Name(segment);
            if (await LengthAsync(name, cancel).ConfigureAwait(false) is not { } length || length == 0)
            {
                return;
            }
            while (offset < length)
            {
                var read = await files.ReadAsync(name, offset, buffer, cancel).ConfigureAwait(false);
                if (read < PageHeader.BlockSize)
                {
                    return;
                }
                for (var at = 0; at + PageHeader.BlockSize <= read; at += PageHeader.BlockSize)
                {
                    if (block - from >= count)
                    {
                        return;
                    }
                    visit(block++, buffer.AsSpan(at, PageHeader.BlockSize));
                }
                offset += read - read % PageHeader.BlockSize;
                await between().ConfigureAwait(false);
            }
            offset = 0;
        }
    }

    /// <summary>Null behind the end of the relation.</summary>
    public async Task<byte[]?> ReadAsync(uint block, CancellationToken cancel)
    {
        var name = Name((int)(block / RelationFile.BlocksPerSegment));
        var offset = (long)(block % RelationFile.BlocksPerSegment) * PageHeader.BlockSize;
        if (await LengthAsync(name, cancel).ConfigureAwait(false) is not { } length || length < offset + PageHeader.BlockSize)
        {
            return null;
        }
        var page = new byte[PageHeader.BlockSize];
        return await files.ReadAsync(name, offset, page, cancel).ConfigureAwait(false) == page.Length ? page : null;
    }

    private async Task<long?> LengthAsync(string name, CancellationToken cancel) =>
        await files.LengthAsync(name, cancel).ConfigureAwait(false)
        ?? (name == path || await files.LengthAsync(path, cancel).ConfigureAwait(false) is null ? throw new FileNotFoundException($"{path} cannot be seen from here", path) : null);

    private string Name(int segment) => segment == 0 ? path : string.Create(CultureInfo.InvariantCulture, $"{path}.{segment}");
}
