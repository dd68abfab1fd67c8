using System.Security.Cryptography;
using System.Text;

namespace HealingWorkers.Dashboard.Pages.Serving;

/// <param name="Html">With its marks.</param>
internal sealed record RenderedPage(string Html, DateTimeOffset At)
{
    /// <summary>Two renderings with the same tag show the same.</summary>
    public string Tag { get; } = $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Html))[..12])}\"";
}
