using System.Security.Cryptography;

namespace HealingWorkers.Dashboard.Pages.Serving;

/// <summary>Where a rendered page, which is shared, gets what belongs to one visitor. Nobody can guess a mark and write one into a page.</summary>
internal static class Marks
{
    private static readonly string Secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    public static readonly string Token = $"mark-token-{Secret}";
    public static readonly string Visitor = $"mark-visitor-{Secret}";
    public static readonly string Leave = $"mark-leave-{Secret}";
    public static readonly string Flash = $"mark-flash-{Secret}";
    public static readonly string Banner = $"mark-banner-{Secret}";
    public static readonly string Theme = $"mark-theme-{Secret}";
}
