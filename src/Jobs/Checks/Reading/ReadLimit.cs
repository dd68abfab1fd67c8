namespace HealingWorkers.Jobs.Checks;

/// <summary>How long a read of so many pages may take, which is far longer than it does on a slow disk; and whether it is long enough to be written down beforehand.</summary>
internal static class ReadLimit
{
    /// <summary>As long as a session of a check lets a statement take.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(4) + TimeSpan.FromMinutes(1);

    private const long SmallPages = 1024;
    private const double PagesInSecond = 20;
    private static readonly TimeSpan Least = TimeSpan.FromMinutes(30);

    public static TimeSpan Of(long pages) => pages >= Longest.TotalSeconds * PagesInSecond ? Longest : TimeSpan.FromTicks(Math.Min(Longest.Ticks, (Least + TimeSpan.FromSeconds(pages / PagesInSecond)).Ticks));

    public static bool IsRisky(long pages) => pages > SmallPages;
}
