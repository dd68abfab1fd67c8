using System.Security.Cryptography;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace HealingWorkers.Dashboard.Pages.Serving;

/// <summary>Style, script and icon, embedded; their address changes with their content, so a browser may keep them for ever.</summary>
public static class SiteAssets
{
    private static readonly Dictionary<string, Asset> All = new[] { ("site.css", "text/css; charset=utf-8"), ("site.js", "text/javascript; charset=utf-8"), ("icon.svg", "image/svg+xml") }
        .ToDictionary(a => a.Item1, a => Read(a.Item1, a.Item2), StringComparer.Ordinal);

    public static string Of(string name) => $"/assets/{All[name].Hash}/{name}";

    internal static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/assets/{hash}/{name}", (string hash, string name, HttpContext context) =>
    {
        if (!All.TryGetValue(name, out var asset) || asset.Hash != hash)
            return Results.NotFound();
        context.Response.Headers.CacheControl = "public, max-age=31536000, immutable";
        return Results.Bytes(asset.Content, asset.Type);
    }).AllowAnonymous().ExcludeFromDescription();

    private static Asset Read(string name, string type)
    {
        using var stream = typeof(SiteAssets).Assembly.GetManifestResourceStream("assets/" + name) ?? throw new InvalidOperationException($"there is no asset {name}");
        using var memory = new MemoryStream();
        stream.CopyTo(memory);
        var content = memory.ToArray();
        return new Asset(content, type, Convert.ToHexStringLower(SHA256.HashData(content))[..12]);
    }

    private sealed record Asset(byte[] Content, string Type, string Hash);
}
