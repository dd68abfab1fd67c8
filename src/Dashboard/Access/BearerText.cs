using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Access;

internal static class BearerText
{
    private const string Scheme = "Bearer";

    /// <summary>What follows "Bearer"; null without one. What is of another scheme is meant for somebody else, as for the proxy that passed it on.</summary>
    public static string? In(HttpContext context)
    {
        foreach (var text in context.Request.Headers.Authorization)
        {
            if (text is not null && text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) && (text.Length == Scheme.Length || text[Scheme.Length] == ' '))
                return text[Scheme.Length..].Trim();
        }
        return null;
    }
}
