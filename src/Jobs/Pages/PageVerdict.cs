namespace HealingWorkers.Jobs.Pages;

/// <summary>What a page looks like from outside, without knowing what it holds.</summary>
public enum PageVerdict { Good, Empty, BadHeader, BadChecksum }

public static class PageJudge
{
    public static PageVerdict Judge(ReadOnlySpan<byte> page, uint block, bool checksums)
    {
        if (!page.ContainsAnyExcept((byte)0))
        {
            return PageVerdict.Empty;
        }
        if (checksums && PageChecksum.Stored(page) != PageChecksum.Of(page, block))
        {
            return PageVerdict.BadChecksum;
        }
        return PageHeader.Read(page).IsSane ? PageVerdict.Good : PageVerdict.BadHeader;
    }
}
