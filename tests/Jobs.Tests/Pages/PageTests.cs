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
}
