using HealingWorkers.Jobs.Pages;
using NUnit.Framework;

namespace HealingWorkers.Jobs.Tests.Pages;

[TestFixture]
internal sealed class PageTests
{
    [Test]
    public void TheChecksumAgreesWithAnIndependentOne()
    {
        var random = new Random(7);
        var page = new byte[PageHeader.BlockSize];
        for (var round = 0; round < 200; round++)
        {
            random.NextBytes(page);
            var block = (uint)random.Next();
            Assert.That(PageChecksum.Of(page, block), Is.EqualTo(Drill.PageChecksum.Of(page, block)));
        }
    }

    [Test]
    public void APageIsJudgedByChecksumAndHeader()
    {
        var page = new byte[PageHeader.BlockSize];
        Assert.That(PageJudge.Judge(page, 5, checksums: true), Is.EqualTo(PageVerdict.Empty));
        BitConverter.TryWriteBytes(page.AsSpan(12), (ushort)24);
        BitConverter.TryWriteBytes(page.AsSpan(14), (ushort)8192);
        BitConverter.TryWriteBytes(page.AsSpan(16), (ushort)8192);
        BitConverter.TryWriteBytes(page.AsSpan(18), (ushort)(8192 | 4));
        Assert.That(PageJudge.Judge(page, 5, checksums: false), Is.EqualTo(PageVerdict.Good));
        Assert.That(PageJudge.Judge(page, 5, checksums: true), Is.EqualTo(PageVerdict.BadChecksum));
        Drill.PageChecksum.Store(page, 5);
        Assert.That(PageJudge.Judge(page, 5, checksums: true), Is.EqualTo(PageVerdict.Good));
        Assert.That(PageJudge.Judge(page, 6, checksums: true), Is.EqualTo(PageVerdict.BadChecksum));
        BitConverter.TryWriteBytes(page.AsSpan(14), (ushort)0xFFF0);
        Assert.That(PageJudge.Judge(page, 5, checksums: false), Is.EqualTo(PageVerdict.BadHeader));
    }

    /// <summary>Over the border of two files of a gigabyte each, which hold nothing.</summary>
    [Test]
    public async Task A_part_of_a_relation_is_read_and_no_more()
    {
        var directory = Directory.CreateTempSubdirectory("healing-pages-");
        try
        {
            foreach (var (name, blocks) in new[] { ("16384", RelationFile.BlocksPerSegment), ("16384.1", 200) })
            {
                await using var file = File.Create(Path.Combine(directory.FullName, name));
                file.SetLength((long)blocks * PageHeader.BlockSize);
            }
            var pages = new RelationPages(new DirectFiles(directory.FullName), "16384");
            async Task<(uint First, uint Last, int Number)> ReadAsync(uint from, uint count)
            {
                var seen = new List<uint>();
                await pages.EachAsync((block, _) => seen.Add(block), static () => Task.CompletedTask, CancellationToken.None, from, count);
                return (seen[0], seen[^1], seen.Count);
            }
            const uint border = RelationFile.BlocksPerSegment;
            Assert.That(await ReadAsync(border - 3, 10), Is.EqualTo((border - 3, border + 6, 10)));
            Assert.That(await ReadAsync(border + 5, 70), Is.EqualTo((border + 5, border + 74, 70)));
            Assert.That(await ReadAsync(border + 190, uint.MaxValue), Is.EqualTo((border + 190, border + 199, 10)));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }
}
