using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Access;

internal static class BearerText
{
    private const string Scheme = "Bearer ";

    /// <summary>What follows "Bearer "; empty for a header of another kind, null without one.</summary>
    public static string? In(HttpContext context)
    {
        var header = context.Request.Headers.Authorization;
        if (header.Count == 0)
            return null;
        var text = header.ToString();
        return text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? text[Scheme.Length..].Trim() : "";
    }
}
