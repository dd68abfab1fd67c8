using System.Net;
using HealingWorkers.Dashboard.Http;
using HealingWorkers.Jobs.Options;
using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Access;

/// <summary>A proxy at a known address may say who the user is, where he comes from and by which scheme; from anywhere else the same words are a forgery.</summary>
internal sealed class ProxyTrust(HttpOptions http)
{
    private const string For = "X-Forwarded-For";
    private const string Proto = "X-Forwarded-Proto";
    private const string Host = "X-Forwarded-Host";
    private readonly bool _names = http.TrustedProxy.Count > 0 && http.ProxyUserHeader.Length > 0;

    /// <summary>Takes address, scheme and name from the proxy, before anything is judged by them.</summary>
    public Task ApplyAsync(HttpContext context, RequestDelegate next)
    {
        var headers = context.Request.Headers;
        if (!IsTrusted(context.Connection.RemoteIpAddress))
        {
            return _names && headers.ContainsKey(http.ProxyUserHeader)
                ? Problems.Of(StatusCodes.Status403Forbidden, "proxy_not_trusted", $"{http.ProxyUserHeader} is taken from the trusted proxy only", "leave the header out, or go through the proxy").ExecuteAsync(context)
                : next(context);
        }
        context.Items[typeof(ProxyTrust)] = this;
        // The last one is what the proxy itself has seen; whatever stands before it came with the request.
        if (Last(headers[For]) is { } from && IPAddress.TryParse(from, out var address))
            context.Connection.RemoteIpAddress = address;
        if (Last(headers[Proto]) is "http" or "https")
            context.Request.Scheme = Last(headers[Proto])!;
        if (Last(headers[Host]) is { Length: > 0 } host)
            context.Request.Host = new HostString(host);
        return next(context);
    }

    /// <summary>Whom the proxy names; null where it names nobody.</summary>
    public Visitor? Named(HttpContext context)
    {
        var name = context.Request.Headers[http.ProxyUserHeader.Length > 0 ? http.ProxyUserHeader : "X-Forwarded-User"];
        if (!_names || !context.Items.ContainsKey(typeof(ProxyTrust)) || name.Count != 1 || !IsName(name[0]))
            return null;
        var groups = http.ProxyGroupsHeader.Length == 0 ? [] : context.Request.Headers[http.ProxyGroupsHeader].ToString().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var able = http.ProxyOperators.Contains(name[0], StringComparer.Ordinal) || groups.Any(g => http.ProxyOperators.Contains("group:" + g, StringComparer.Ordinal));
        return new Visitor(name[0]!, able ? Role.Operator : Role.Viewer) { By = Entrance.Proxy };
    }

    private static bool IsName(string? name) => name is { Length: > 0 and <= 200 } && !name.Any(char.IsControl) && !name.StartsWith("group:", StringComparison.Ordinal) && !name.StartsWith("token:", StringComparison.Ordinal);

    private bool IsTrusted(IPAddress? address)
    {
        var plain = address is { IsIPv4MappedToIPv6: true } ? address.MapToIPv4() : address;
        return plain is not null && http.TrustedProxy.Any(n => n.Contains(plain));
    }

    private static string? Last(Microsoft.Extensions.Primitives.StringValues values) => values.Count == 0 ? null : values.ToString().Split(',')[^1].Trim();
}
