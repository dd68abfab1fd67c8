using System.Globalization;
using System.Net;
using HealingWorkers.Jobs.Errors;

namespace HealingWorkers.Dashboard.Http;

/// <summary>Where a server of ours listens, and what it may be called.</summary>
public static class ListenAddress
{
    public static IPEndPoint Parse(string listen, string key)
    {
        var split = listen.LastIndexOf(':');
        var host = split > 0 ? listen[..split].Trim('[', ']') : "";
        var address = host == "localhost" ? IPAddress.Loopback : IPAddress.TryParse(host, out var parsed) ? parsed : null;
        if (address is null || !ushort.TryParse(listen.AsSpan(split + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            throw new HealingException($"{key} is `{listen}`, which is no address and port", $"write it like {key}: \"127.0.0.1:8080\"");
        return new IPEndPoint(address, port);
    }

    /// <summary>What a browser or a client may call us by on loopback: anything else is a name that somebody made point at this machine.</summary>
    public static bool IsLoopbackHost(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
