namespace HealingWorkers.Jobs.Pages;

/// <summary>Reads every page of a relation's main fork and judges it; a page that looks torn is read again, since the server may be writing it.</summary>
public static class PageReading
{
    private const int PagesAtOnce = 64;

    /// <summary>Single pages, of a table whose others are nobody's concern now.</summary>
    public static async Task<PageCount> JudgeBlocksAsync(IServerFiles files, string path, IEnumerable<long> blocks, bool checksums, CancellationToken cancel)
    {
        var page = new byte[PageHeader.BlockSize];
        var (pages, empty) = (0L, 0L);
        var bad = new List<BadPage>();
        foreach (var block in blocks)
        {
            var segment = block / RelationFile.BlocksPerSegment;
            var file = segment == 0 ? path : FormattableString.Invariant($"{path}.{segment}");
            var verdict = PageVerdict.BadHeader;
            for (var look = 0; look < 4 && verdict is PageVerdict.BadChecksum or PageVerdict.BadHeader; look++)
            {
                // what is damaged may name any number
                if (segment > 0 && await files.LengthAsync(file, cancel).ConfigureAwait(false) is null)
                {
                    verdict = PageVerdict.Empty;
                    break;
                }
                var read = await files.ReadAsync(file, block % RelationFile.BlocksPerSegment * PageHeader.BlockSize, page, cancel).ConfigureAwait(false);
                // a VACUUM may have cut off an empty end of the table since
                verdict = read < page.Length ? PageVerdict.Empty : PageJudge.Judge(page, checked((uint)block), checksums);
            }
            pages++;
            empty += verdict is PageVerdict.Empty ? 1 : 0;
            if (verdict is PageVerdict.BadChecksum or PageVerdict.BadHeader)
            {
                bad.Add(new(checked((uint)block), verdict));
            }
        }
        return new(pages, empty, bad);
    }

    public static async Task<PageCount> JudgeAsync(IServerFiles files, string path, bool checksums, CancellationToken cancel, string fork = "")
    {
        var buffer = new byte[PagesAtOnce * PageHeader.BlockSize];
        var (pages, empty) = (0L, 0L);
        var bad = new List<BadPage>();
        foreach (var file in (await RelationFile.ListAsync(files, path, cancel).ConfigureAwait(false)).Where(f => f.Fork == fork))
        {
            for (var offset = 0L; offset < file.Length;)
            {
                var read = await files.ReadAsync(file.Path, offset, buffer, cancel).ConfigureAwait(false);
                if (read < PageHeader.BlockSize)
                {
                    break;
                }
                for (var at = 0; at + PageHeader.BlockSize <= read; at += PageHeader.BlockSize, pages++)
                {
                    var block = checked((uint)((long)file.Segment * RelationFile.BlocksPerSegment + (offset + at) / PageHeader.BlockSize));
                    var page = buffer.AsMemory(at, PageHeader.BlockSize);
                    var verdict = PageJudge.Judge(page.Span, block, checksums);
                    for (var again = 0; again < 3 && verdict is PageVerdict.BadChecksum or PageVerdict.BadHeader; again++)
                    {
                        _ = await files.ReadAsync(file.Path, offset + at, page, cancel).ConfigureAwait(false);
                        verdict = PageJudge.Judge(page.Span, block, checksums);
                    }
                    empty += verdict is PageVerdict.Empty ? 1 : 0;
                    if (verdict is PageVerdict.BadChecksum or PageVerdict.BadHeader && bad.Count < 100)
                    {
                        bad.Add(new(block, verdict));
                    }
                }
                offset += read - read % PageHeader.BlockSize;
            }
        }
        return new(pages, empty, bad);
    }
}

/// <param name="Bad">The first hundred at most.</param>
public sealed record PageCount(long Pages, long Empty, IReadOnlyList<BadPage> Bad);

public sealed record BadPage(uint Block, PageVerdict Verdict);
