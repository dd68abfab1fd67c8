using System.Net;
using HealingWorkers.Dashboard.Access;
using Microsoft.AspNetCore.Http;

namespace HealingWorkers.Dashboard.Http;

/// <summary>
/// A page of elsewhere can make a name of its own point at this machine, and is then of "the same origin". So only known names are answered.
/// No such page can have a token, and probes say nothing, so these come by any name.
/// </summary>
internal sealed class HostGuard(IPAddress listen, IEnumerable<string> names)
{
    private static readonly string[] Probes = ["/livez", "/readyz", "/healthz"];
    private readonly bool _beyond = !IPAddress.IsLoopback(listen);
    private readonly HashSet<string> _names = new(names, StringComparer.OrdinalIgnoreCase);

    public Task CheckAsync(HttpContext context, RequestDelegate next)
    {
        var host = context.Request.Host.Host ?? "";
        if (ListenAddress.IsLoopbackHost(host) || _names.Contains(host) || (_beyond && (IPAddress.TryParse(host.Trim('[', ']'), out _) || IsProbe(context) || BearerText.In(context) is not null)))
            return next(context);
        return Problems.Of(StatusCodes.Status403Forbidden, "host_not_allowed", _beyond ? "this server does not answer to that name" : "this server answers to loopback names only",
            _beyond ? "add the name to http.host_names" : "use 127.0.0.1 or localhost in the address, or add the name to http.host_names").ExecuteAsync(context);
    }

    private static bool IsProbe(HttpContext context) => HttpMethods.IsGet(context.Request.Method) && Probes.Contains(context.Request.Path.Value, StringComparer.OrdinalIgnoreCase);
}
